#include "stimulus/hdf5_files.hpp"

#include <fmt/format.h>

namespace snnff::hdf5_files {

std::string shape_text(const std::vector<hsize_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::vector<std::int32_t> read_labels(const hdf5::Group& file, std::string_view name, std::string_view of,
                                      std::uint64_t n_samples, std::size_t n) {
    const hdf5::Dataset dataset = as_data_error([&] { return file.dataset(name); });
    as_data_error([&] {
        dataset.expect_integers();
        dataset.n_held_values();
    });
    const auto shape = as_data_error([&] { return dataset.shape(); });
    if (shape.size() != 1 || shape[0] != n_samples) {
        throw DataError(fmt::format("{}: has the shape {}; {} has {} samples, so [{}] is expected",
                                    dataset.where(), shape_text(shape), of, n_samples, n_samples));
    }
    std::vector<std::int64_t> values(n);
    hdf5::read_rows(dataset, n, std::span{values});
    std::vector<std::int32_t> labels(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (values[i] < 0 || values[i] > max_label) {
            throw DataError(fmt::format("{}: sample {} has the label {}; labels lie in 0 to {}",
                                        dataset.where(), i, values[i], max_label));
        }
        labels[i] = static_cast<std::int32_t>(values[i]);
    }
    return labels;
}

}  // namespace snnff::hdf5_files
