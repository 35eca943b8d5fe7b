# Installs the library into a folder of its own and builds a program on it that knows nothing of the
# source tree. Called with BUILD, SOURCE, WORK, CXX and PYTHON.
file(REMOVE_RECURSE "${WORK}")
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
endfunction()
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/build" -G Ninja "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/keys")
run("${PYTHON}" -B "${SOURCE}/kinds.py" "${WORK}/build/my-sim" "${WORK}/build/capped-sim"
    "${WORK}/prefix/bin/snnff-sim")
run("${WORK}/prefix/bin/snnff-sim" --version)

# Whoever links the library rounds as it does.
file(READ "${WORK}/build/compile_commands.json" commands)
if(NOT commands MATCHES "-ffp-contract=off")
  message(FATAL_ERROR "the installed target does not bring -ffp-contract=off: ${commands}")
endif()

# Private headers stay private.
file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix/include" "${WORK}/prefix/include/*")
file(GLOB public RELATIVE "${SOURCE}/../../include" "${SOURCE}/../../include/snnff/*.hpp")
list(SORT installed)
list(SORT public)
if(NOT installed STREQUAL public)
  message(FATAL_ERROR "installed headers: ${installed}\npublic headers: ${public}")
endif()
