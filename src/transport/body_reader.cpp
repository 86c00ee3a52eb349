#include "transport/body_reader.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cstdio>
#include <span>

namespace aws_refresh_session::transport {

BodyReader::BodyReader(BodySource* source) : source_(source) {
  if (source_ != nullptr) {
    source_->rewind();
    left_ = source_->size();
  }
}

void BodyReader::attach(CURL* easy) noexcept {
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &BodyReader::on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &BodyReader::on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
}

// An exception must not pass through libcurl.
std::size_t BodyReader::on_read(char* buffer, std::size_t size, std::size_t count, void* self) noexcept {
  auto& reader = *static_cast<BodyReader*>(self);
  try {
    return reader.read(buffer, size * count);
  } catch (...) {
    reader.error_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

int BodyReader::on_seek(void* self, curl_off_t offset, int origin) noexcept {
  auto& reader = *static_cast<BodyReader*>(self);
  if (offset != 0 || origin != SEEK_SET) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  try {
    reader.source_->rewind();
    reader.left_ = reader.source_->size();
    return CURL_SEEKFUNC_OK;
  } catch (...) {
    reader.error_ = std::current_exception();
    return CURL_SEEKFUNC_FAIL;
  }
}

std::size_t BodyReader::read(char* buffer, std::size_t size) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
  if (wanted == 0) {
    return 0;
  }
  const auto count = source_->read(std::span{buffer, wanted});
  // The server was promised more and would wait for it.
  if (count == 0 || count > wanted) {
    throw ValidationError{{.message = "A body source must give as many bytes as its size says: correct the source",
                           .code = "InvalidBody",
                           .param = "body_source"}};
  }
  left_ -= count;
  return count;
}

}  // namespace aws_refresh_session::transport
