#include "sim/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <array>

#include "kernels/product.hpp"
#include "snnff/training.hpp"

namespace snnff {

void for_blocks(std::size_t n, std::size_t block, const std::function<void(std::size_t, std::size_t)>& body) {
    const std::size_t n_blocks = (n + block - 1) / block;
    if (n_blocks == 1) return body(0, n);
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, n_blocks, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t b = range.begin(); b != range.end(); ++b) {
                body(b * block, std::min(block, n - b * block));
            }
        },
        tbb::simple_partitioner());
}

std::size_t even_block(std::size_t n, std::size_t most) {
    if (n <= 1) return 1;
    const std::size_t parts = (n + most - 1) / most;
    const std::size_t block = (n + parts - 1) / parts;
    return (block + 3) / 4 * 4;
}

MatrixView scratch(std::size_t slot, std::size_t rows, std::size_t cols) {
    thread_local std::array<AlignedVector<float>, 8> buffers;
    AlignedVector<float>& buffer = buffers.at(slot);
    if (buffer.size() < rows * cols) buffer.resize(rows * cols);
    return {buffer.data(), rows, cols};
}

struct ThreadLimit::State {
    explicit State(std::size_t n) : control(tbb::global_control::max_allowed_parallelism, n) {}
    tbb::global_control control;
};

ThreadLimit::ThreadLimit(std::size_t n_threads) {
    use_one_thread_per_product();
    const std::size_t n =
        n_threads > 0 ? n_threads : static_cast<std::size_t>(tbb::info::default_concurrency());
    state_ = std::make_unique<State>(n);
}

ThreadLimit::~ThreadLimit() = default;

}  // namespace snnff
