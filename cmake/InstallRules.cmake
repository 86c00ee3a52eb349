# What is installed: the library, its headers, the command line program, and what find_package and pkg-config read.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aws_refresh_session)
get_target_property(library_type aws_refresh_session TYPE)

install(TARGETS aws_refresh_session EXPORT aws_refresh_sessionTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET aws_refresh_session_server)
  install(TARGETS aws_refresh_session_server EXPORT aws_refresh_sessionTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/aws_refresh_session DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.hpp)
install(EXPORT aws_refresh_sessionTargets NAMESPACE aws_refresh_session:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/aws_refresh_sessionConfig.cmake.in
  ${PROJECT_BINARY_DIR}/aws_refresh_sessionConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aws_refresh_sessionConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/aws_refresh_sessionConfig.cmake
  ${PROJECT_BINARY_DIR}/aws_refresh_sessionConfigVersion.cmake DESTINATION ${package_dir})

# A static library drags its own dependencies into the link of whoever uses it, a shared one does not.
set(pkg_config_requires "")
set(pkg_config_requires_private "libcurl, libcrypto, pugixml, fmt, spdlog")
if(library_type STREQUAL STATIC_LIBRARY)
  set(pkg_config_requires ${pkg_config_requires_private})
  set(pkg_config_requires_private "")
endif()
# The file finds its prefix from where it lies, so that an install tree can be moved.
set(pkg_config_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkg_config_to_prefix /${pkg_config_dir} /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/aws_refresh_session.pc.in ${PROJECT_BINARY_DIR}/aws_refresh_session.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/aws_refresh_session.pc DESTINATION ${pkg_config_dir})

# The program installs itself; with a shared library it must find that one beside it.
if(TARGET aws-refresh-session)
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(aws-refresh-session PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
