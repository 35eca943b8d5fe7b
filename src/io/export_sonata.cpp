#include <fmt/format.h>

#include "io/hdf5_write.hpp"
#include "snnff/error.hpp"
#include "snnff/export.hpp"

namespace snnff {
Exported export_sonata(const std::filesystem::path& run, const std::filesystem::path& file, bool replace) {
    const hdf5::Group from = hdf5::open_file(run.string());
    if (!from.has("report") && !from.has("spikes")) {
        throw DataError(
            fmt::format("{}: nothing was recorded; recording.variables in its model, or snnff-sim trace, "
                        "records",
                        from.where()));
    }
    std::uint64_t n = 0;
    hdf5::write_in_place(file, replace, [&](const hdf5::Group& to) {
        hdf5::mark_as_ours(to);
        hdf5::set_attribute(to, "magic", std::uint32_t{0x0A7A});
        constexpr std::uint32_t version[] = {0, 1};
        hdf5::set_attribute_array<std::uint32_t>(to, "version", version);
        for (const char* name : {"report", "spikes"}) {
            if (!from.has(name)) continue;
            hdf5::copy(from, name, to);
            n += from.group(name).child_groups().size();
        }
    });
    return {{file, n}};
}

}  // namespace snnff
