#pragma once

#define AWS_OP_SUCCESS (0)
#define AWS_OP_ERR (-1)

enum aws_common_error { AWS_ERROR_SUCCESS = 0, AWS_ERROR_OOM };

inline int aws_last_error() {
  return AWS_ERROR_OOM;
}
inline const char* aws_error_name(int error) {
  return error == AWS_ERROR_SUCCESS ? "AWS_ERROR_SUCCESS" : "AWS_ERROR_OOM";
}
