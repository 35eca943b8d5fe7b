# What `cmake --install` puts where, and what find_package(snnff) finds.
install(TARGETS snnff snnff_app EXPORT snnff-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/snnff" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT snnff-targets NAMESPACE snnff:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/snnff")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/tools/cmake/snnffConfig.cmake.in" "${PROJECT_BINARY_DIR}/snnffConfig.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/snnff")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/snnffConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/snnffConfig.cmake" "${PROJECT_BINARY_DIR}/snnffConfigVersion.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/snnff")

install(TARGETS snnff-sim RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
# Where bash-completion and zsh look without being told.
install(FILES "${PROJECT_SOURCE_DIR}/tools/completion/snnff-sim.bash"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME snnff-sim)
install(FILES "${PROJECT_SOURCE_DIR}/tools/completion/_snnff-sim"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
