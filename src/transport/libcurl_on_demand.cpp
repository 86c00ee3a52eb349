// libcurl, loaded when the first request needs it. Linked into the command line program in place of -lcurl: loading
// libcurl and what it depends on takes longer than all else that `process` does for a profile of static keys.
// Why, and what it costs: docs/adr/0008-quick-program-start.md.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>

// libcurl's headers make macros of these, to check and to count arguments.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

namespace {

void* library() {
  // Never closed: libcurl registers handlers that live as long as the process.
  static void* const handle = ::dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
  return handle;
}

template <typename Function>
Function* find(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library(), name));
}

/// The one argument after an option has the type that the option's number says (curl/curl.h, CURLOPTTYPE_*).
template <typename Set, typename Handle, typename Option>
auto set_option(Set* set, Handle* handle, Option option, std::va_list arguments) {
  const auto number = static_cast<long>(option);
  if (number >= CURLOPTTYPE_OFF_T && number < CURLOPTTYPE_BLOB) {
    return set(handle, option, va_arg(arguments, curl_off_t));
  }
  if (number >= CURLOPTTYPE_FUNCTIONPOINT && number < CURLOPTTYPE_OFF_T) {
    return set(handle, option, va_arg(arguments, void (*)()));
  }
  if (number >= CURLOPTTYPE_OBJECTPOINT) {
    return set(handle, option, va_arg(arguments, void*));
  }
  return set(handle, option, va_arg(arguments, long));
}

}  // namespace

// These are C functions whose last parameter before `...` is an enumeration: passed as the int it is promoted to.
#pragma GCC diagnostic ignored "-Wvarargs"

// Nothing else is called before curl_global_init has succeeded, so only that one meets a library that is not there.

CURLcode curl_global_init(long flags) {
  // The newest of the functions below: with it, all are there.
  static const bool usable = library() != nullptr && find<decltype(curl_multi_wakeup)>("curl_multi_wakeup") != nullptr;
  static auto* const call = usable ? find<decltype(curl_global_init)>("curl_global_init") : nullptr;
  return call != nullptr ? call(flags) : CURLE_FAILED_INIT;
}

CURLcode curl_easy_setopt(CURL* curl, CURLoption option, ...) {
  static auto* const call = find<decltype(curl_easy_setopt)>("curl_easy_setopt");
  std::va_list arguments;
  va_start(arguments, option);
  const auto result = set_option(call, curl, option, arguments);
  va_end(arguments);
  return result;
}

CURLMcode curl_multi_setopt(CURLM* multi_handle, CURLMoption option, ...) {
  static auto* const call = find<decltype(curl_multi_setopt)>("curl_multi_setopt");
  std::va_list arguments;
  va_start(arguments, option);
  const auto result = set_option(call, multi_handle, option, arguments);
  va_end(arguments);
  return result;
}

CURLcode curl_easy_getinfo(CURL* curl, CURLINFO info, ...) {
  static auto* const call = find<decltype(curl_easy_getinfo)>("curl_easy_getinfo");
  std::va_list arguments;
  va_start(arguments, info);
  const auto result = call(curl, info, va_arg(arguments, void*));
  va_end(arguments);
  return result;
}

CURL* curl_easy_init() {
  static auto* const call = find<decltype(curl_easy_init)>("curl_easy_init");
  return call();
}

void curl_easy_cleanup(CURL* curl) {
  static auto* const call = find<decltype(curl_easy_cleanup)>("curl_easy_cleanup");
  call(curl);
}

void curl_easy_reset(CURL* curl) {
  static auto* const call = find<decltype(curl_easy_reset)>("curl_easy_reset");
  call(curl);
}

const char* curl_easy_strerror(CURLcode code) {
  static auto* const call = find<decltype(curl_easy_strerror)>("curl_easy_strerror");
  return call(code);
}

CURLM* curl_multi_init() {
  static auto* const call = find<decltype(curl_multi_init)>("curl_multi_init");
  return call();
}

CURLMcode curl_multi_cleanup(CURLM* multi_handle) {
  static auto* const call = find<decltype(curl_multi_cleanup)>("curl_multi_cleanup");
  return call(multi_handle);
}

CURLMcode curl_multi_add_handle(CURLM* multi_handle, CURL* curl_handle) {
  static auto* const call = find<decltype(curl_multi_add_handle)>("curl_multi_add_handle");
  return call(multi_handle, curl_handle);
}

CURLMcode curl_multi_remove_handle(CURLM* multi_handle, CURL* curl_handle) {
  static auto* const call = find<decltype(curl_multi_remove_handle)>("curl_multi_remove_handle");
  return call(multi_handle, curl_handle);
}

CURLMcode curl_multi_perform(CURLM* multi_handle, int* running_handles) {
  static auto* const call = find<decltype(curl_multi_perform)>("curl_multi_perform");
  return call(multi_handle, running_handles);
}

CURLMcode curl_multi_poll(CURLM* multi_handle, curl_waitfd extra_fds[], unsigned extra_nfds, int timeout_ms, int* ret) {
  static auto* const call = find<decltype(curl_multi_poll)>("curl_multi_poll");
  return call(multi_handle, extra_fds, extra_nfds, timeout_ms, ret);
}

CURLMcode curl_multi_wakeup(CURLM* multi_handle) {
  static auto* const call = find<decltype(curl_multi_wakeup)>("curl_multi_wakeup");
  return call(multi_handle);
}

CURLMsg* curl_multi_info_read(CURLM* multi_handle, int* msgs_in_queue) {
  static auto* const call = find<decltype(curl_multi_info_read)>("curl_multi_info_read");
  return call(multi_handle, msgs_in_queue);
}

curl_slist* curl_slist_append(curl_slist* list, const char* data) {
  static auto* const call = find<decltype(curl_slist_append)>("curl_slist_append");
  return call(list, data);
}

void curl_slist_free_all(curl_slist* list) {
  static auto* const call = find<decltype(curl_slist_free_all)>("curl_slist_free_all");
  call(list);
}

int curl_strequal(const char* s1, const char* s2) {
  static auto* const call = find<decltype(curl_strequal)>("curl_strequal");
  return call(s1, s2);
}

curl_version_info_data* curl_version_info(CURLversion age) {
  static auto* const call = find<decltype(curl_version_info)>("curl_version_info");
  return call(age);
}
