# The adapters' targets. They are header-only: each is the library and the ecosystem that it adapts to, together.
#
#   aws_refresh_session_find_adapter(aws_sdk_cpp)    makes aws_refresh_session::aws_sdk_cpp
#   aws_refresh_session_find_adapter(aws_crt)        makes aws_refresh_session::aws_crt
#
# sets aws_refresh_session_<name>_FOUND, and aws_refresh_session_<name>_NOT_FOUND_MESSAGE where it is false. An ecosystem
# whose target is there already is taken as it is. Never by find_package(AWSSDK): that one stops the build when the SDK
# is not there.

function(aws_refresh_session_find_adapter adapter)
  if(adapter STREQUAL aws_sdk_cpp)
    set(package aws-cpp-sdk-core)
    set(what "the AWS SDK for C++ (its core is enough)")
  elseif(adapter STREQUAL aws_crt)
    set(package aws-c-auth)
    set(what "the AWS Common Runtime (aws-c-auth)")
  else()
    set(aws_refresh_session_${adapter}_FOUND FALSE PARENT_SCOPE)
    set(aws_refresh_session_${adapter}_NOT_FOUND_MESSAGE "there is no such component; there are aws_sdk_cpp, aws_crt"
      PARENT_SCOPE)
    return()
  endif()

  set(names AWS::${package} ${package})  # the SDK has used both
  set(reason "")
  set(ecosystem "")
  foreach(attempt there found)
    foreach(name IN LISTS names)
      if(NOT ecosystem AND TARGET ${name})
        set(ecosystem ${name})
      endif()
    endforeach()
    if(NOT ecosystem AND attempt STREQUAL there)
      find_package(${package} CONFIG QUIET)
      if(${package}_FOUND)
        list(JOIN names " nor " reason)
        set(reason "${${package}_CONFIG} has no target ${reason}: use a package of the SDK's own build")
      elseif(${package}_CONSIDERED_CONFIGS)
        set(reason "${${package}_CONSIDERED_CONFIGS} was refused: ${${package}_NOT_FOUND_MESSAGE}")
      else()
        set(reason "${package} was not found: install ${what} and name its prefix in CMAKE_PREFIX_PATH")
      endif()
    endif()
  endforeach()

  if(ecosystem AND NOT TARGET aws_refresh_session::${adapter})
    add_library(aws_refresh_session::${adapter} INTERFACE IMPORTED)
    target_link_libraries(aws_refresh_session::${adapter} INTERFACE
      aws_refresh_session::aws_refresh_session ${ecosystem})
  endif()
  if(ecosystem)
    set(aws_refresh_session_${adapter}_FOUND TRUE PARENT_SCOPE)
  else()
    set(aws_refresh_session_${adapter}_FOUND FALSE PARENT_SCOPE)
    set(aws_refresh_session_${adapter}_NOT_FOUND_MESSAGE "${reason}" PARENT_SCOPE)
  endif()
endfunction()
