# Warnings for our own targets only; a parent project's flags stay its own.
function(project_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wcast-align -Wunused -Wnull-dereference
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-unknown-warning-option>
    $<$<BOOL:${AWS_REFRESH_SESSION_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()
