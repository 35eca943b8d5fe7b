# snnff_git_commit(<variable>): the short commit of the source, with "+" where files differ from it;
# empty outside a git checkout. Asked when CMake runs, which every commit causes anew.
function(snnff_git_commit variable)
  set(${variable} "" PARENT_SCOPE)
  find_package(Git QUIET)
  if(NOT Git_FOUND)
    return()
  endif()
  set(git "${GIT_EXECUTABLE}" -C "${PROJECT_SOURCE_DIR}")
  execute_process(COMMAND ${git} describe --always --dirty=+ --exclude=* --abbrev=10
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    return()
  endif()
  execute_process(COMMAND ${git} rev-parse --path-format=absolute --git-path logs/HEAD
                  OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${log}")
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${log}")
  endif()
  set(${variable} "${commit}" PARENT_SCOPE)
endfunction()
