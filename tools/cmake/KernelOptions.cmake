# What the kernels of one instruction set are compiled with; kernels/dispatch.cpp asks the processor for exactly
# these. Where a formula says fma the kernels say so, and nowhere else.

# The options for kernels in ordinary use of `variant`, baseline, avx2, avx512 or neon, to `result`.
function(snnff_kernel_options variant result)
  set(options -fno-math-errno -fno-trapping-math -ffp-contract=off)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    if(variant STREQUAL "avx2")
      list(APPEND options -mavx2 -mfma)
    elseif(variant STREQUAL "avx512")
      list(APPEND options -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
    endif()
  endif()
  set(${result} "${options}" PARENT_SCOPE)
endfunction()
