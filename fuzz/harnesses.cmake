# The fuzzers, one source file each. Also read by the unit tests, which replay corpus and crashes.
set(fuzz_directory ${CMAKE_CURRENT_LIST_DIR})
set(fuzz_harnesses
  credentials_json http_answer json login_token rfc3339 shared_config shell_words sso_token sts_xml url)
if(TARGET aws_refresh_session_server)
  list(APPEND fuzz_harnesses served_request)
endif()

# What every program with a harness in it needs.
function(fuzz_program target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${fuzz_directory})
  target_link_libraries(${target} PRIVATE
    aws_refresh_session::aws_refresh_session nlohmann_json::nlohmann_json CURL::libcurl
    $<TARGET_NAME_IF_EXISTS:aws_refresh_session::server>)
  project_warnings(${target})
endfunction()
