#include "kernels/product.hpp"

#include <Eigen/Core>
#include <mutex>
#include <string>

#ifdef SNNFF_HAS_BLAS
extern "C" {
// Declared here and not from cblas.h: another BLAS may stand behind the library without them.
[[gnu::weak]] void openblas_set_num_threads(int n);
[[gnu::weak]] char* openblas_get_config(void);
[[gnu::weak]] int openblas_get_parallel(void);
}
#endif

namespace snnff {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;

Eigen::Index index(std::size_t n) { return static_cast<Eigen::Index>(n); }

auto map(ConstMatrixView m) {
    return Eigen::Map<const RowMajor, 0, Stride>(m.data(), index(m.rows()), index(m.cols()),
                                                 Stride(index(m.stride())));
}
auto map(MatrixView m) {
    return Eigen::Map<RowMajor, 0, Stride>(m.data(), index(m.rows()), index(m.cols()),
                                           Stride(index(m.stride())));
}

/// OpenBLAS built for one thread (libopenblas-serial) shares buffers between calls without a lock: with
/// 0.3.21, up to 11 of 8400 products computed by 7 threads at once were wrong, and none with the build
/// for many threads that is told to use one. Where only the former is there, products take turns.
std::unique_lock<std::mutex> turn() {
#ifdef SNNFF_HAS_BLAS
    static const bool needed = [] {
        use_one_thread_per_product();
        return openblas_get_parallel != nullptr && openblas_get_parallel() == 0;
    }();
    static std::mutex one_at_a_time;
    if (needed) return std::unique_lock(one_at_a_time);
#endif
    return {};
}

}  // namespace

void product_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out) {
    assert(a.cols() == b.cols() && out.rows() == a.rows() && out.cols() == b.rows());
    const auto lock = turn();
    map(out).noalias() = map(a) * map(b).transpose();
}

void product_ab(ConstMatrixView a, ConstMatrixView b, MatrixView out) {
    assert(a.cols() == b.rows() && out.rows() == a.rows() && out.cols() == b.cols());
    const auto lock = turn();
    map(out).noalias() = map(a) * map(b);
}

void product_atb(ConstMatrixView a, ConstMatrixView b, MatrixView out, bool add) {
    assert(a.rows() == b.rows() && out.rows() == a.cols() && out.cols() == b.cols());
    const auto lock = turn();
    if (add) {
        map(out).noalias() += map(a).transpose() * map(b);
    } else {
        map(out).noalias() = map(a).transpose() * map(b);
    }
}

void use_one_thread_per_product() {
#ifdef SNNFF_HAS_BLAS
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
#endif
}

const char* product_library() {
    static const std::string name = [] {
#ifdef SNNFF_HAS_BLAS
        return std::string(openblas_get_config != nullptr ? openblas_get_config() : "BLAS");
#else
        return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
               "." + std::to_string(EIGEN_MINOR_VERSION);
#endif
    }();
    return name.c_str();
}

}  // namespace snnff
