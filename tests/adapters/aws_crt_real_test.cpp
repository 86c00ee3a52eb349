// The provider for the CRT against the CRT itself. What it does in detail is tested against a stand-in.
#include <aws_refresh_session/adapters/aws_crt.hpp>

#include <gtest/gtest.h>

#include <aws/auth/auth.h>

#include <atomic>
#include <string>
#include <thread>

namespace aws_refresh_session {
namespace {

struct Request {
  std::atomic<int> answers{0};
  int error = -1;
  std::string key_id;

  static void on_answer(aws_credentials* credentials, int error_code, void* user_data) {
    auto& self = *static_cast<Request*>(user_data);
    self.error = error_code;
    if (credentials != nullptr) {
      const auto id = aws_credentials_get_access_key_id(credentials);
      self.key_id.assign(reinterpret_cast<const char*>(id.ptr), id.len);
    }
    ++self.answers;
  }
};

class AwsCrtReal : public ::testing::Test {
 protected:
  AwsCrtReal() { aws_auth_library_init(aws_default_allocator()); }
  ~AwsCrtReal() override { aws_auth_library_clean_up(); }

  static void ask(const RefreshableSession& session, Request& request) {
    const auto provider = make_crt_provider(session);
    ASSERT_EQ(aws_credentials_provider_get_credentials(provider.get(), &Request::on_answer, &request), AWS_OP_SUCCESS);
    while (request.answers == 0) {
      std::this_thread::yield();
    }
    EXPECT_EQ(request.answers, 1);
  }
};

TEST_F(AwsCrtReal, SetReachesTheCaller) {
  const RefreshableSession session{CustomOptions{.method = [] { return Credentials{"AKID", "secret-SECRETCANARY"}; }}};
  for (int each = 0; each < 2; ++each) {  // the first waits on a thread of the CRT's
    Request request;
    ask(session, request);
    EXPECT_EQ(request.error, AWS_ERROR_SUCCESS);
    EXPECT_EQ(request.key_id, "AKID");
  }
}

TEST_F(AwsCrtReal, FailureReachesTheCaller) {
  const RefreshableSession session{CustomOptions{.method = []() -> Credentials { throw 7; }}};
  Request request;
  ask(session, request);
  EXPECT_EQ(request.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
}

}  // namespace
}  // namespace aws_refresh_session
