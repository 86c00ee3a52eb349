#pragma once

#include <aws/core/auth/AWSCredentials.h>

namespace Aws {
namespace Auth {

class AWSCredentialsProvider {
 public:
  AWSCredentialsProvider() : m_lastLoadedMs(0) {}
  virtual ~AWSCredentialsProvider() = default;

  virtual AWSCredentials GetAWSCredentials() = 0;

 protected:
  virtual bool IsTimeToRefresh(long reloadFrequency) { return m_lastLoadedMs + reloadFrequency < 0; }
  virtual void Reload() {}

 private:
  long long m_lastLoadedMs;
};

}  // namespace Auth
}  // namespace Aws
