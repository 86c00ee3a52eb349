#pragma once

#include <aws/common/byte_buf.h>
#include <aws/common/common.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

enum aws_thread_detach_state {
  AWS_THREAD_NOT_CREATED = 1,
  AWS_THREAD_JOINABLE,
  AWS_THREAD_JOIN_COMPLETED,
  AWS_THREAD_MANAGED
};
enum aws_thread_join_strategy { AWS_TJS_MANUAL = 0, AWS_TJS_MANAGED };

struct aws_thread_options {
  size_t stack_size;
  int32_t cpu_id;
  aws_thread_join_strategy join_strategy;
  aws_byte_cursor name;
};
struct aws_thread {
  aws_allocator* allocator;
  aws_thread_detach_state detach_state;
};

/// The stand-in's own: threads that can be made to fail, and the managed ones.
struct stand_in_threads {
  std::mutex mutex;
  std::vector<std::thread> managed;
  std::atomic<int> launched{0};
  std::atomic<bool> refuse{false};

  static stand_in_threads& instance() {
    static stand_in_threads threads;
    return threads;
  }
};

inline const aws_thread_options* aws_default_thread_options() {
  static const aws_thread_options options{0, -1, AWS_TJS_MANUAL, {0, nullptr}};
  return &options;
}
inline int aws_thread_init(aws_thread* thread, aws_allocator* allocator) {
  *thread = {allocator, AWS_THREAD_NOT_CREATED};
  return AWS_OP_SUCCESS;
}
inline int aws_thread_launch(aws_thread* thread, void (*func)(void* arg), void* arg,
                             const aws_thread_options* options) {
  auto& threads = stand_in_threads::instance();
  if (threads.refuse || options->join_strategy != AWS_TJS_MANAGED) {
    return AWS_OP_ERR;
  }
  ++threads.launched;
  thread->detach_state = AWS_THREAD_MANAGED;
  const std::lock_guard lock{threads.mutex};
  threads.managed.emplace_back(func, arg);
  return AWS_OP_SUCCESS;
}
inline int aws_thread_join_all_managed() {
  auto& threads = stand_in_threads::instance();
  std::vector<std::thread> all;
  {
    const std::lock_guard lock{threads.mutex};
    all.swap(threads.managed);
  }
  for (auto& each : all) {
    each.join();
  }
  return AWS_OP_SUCCESS;
}
