#include <fmt/format.h>

#include "io/hdf5_write.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"
#include "snnff/export.hpp"

namespace snnff {
Exported export_sonata(const std::filesystem::path& run, const std::filesystem::path& file) {
    const hdf5::Group from = hdf5::open_file(run.string());
    if (!from.has("report") && !from.has("spikes")) {
        throw DataError(
            fmt::format("{}: nothing was recorded; recording.variables in its model, or snnff-sim trace, "
                        "records",
                        from.where()));
    }
    const std::filesystem::path place = behind_links(file), beside = place.string() + ".new";
    std::uint64_t n = 0;
    hdf5::write_file(beside, [&](const hdf5::Group& to) {
        hdf5::set_attribute(to, "magic", std::uint32_t{0x0A7A});
        constexpr std::uint32_t version[] = {0, 1};
        hdf5::set_attribute_array<std::uint32_t>(to, "version", version);
        for (const char* name : {"report", "spikes"}) {
            if (!from.has(name)) continue;
            hdf5::copy(from, name, to);
            n += from.group(name).child_groups().size();
        }
    });
    keep_mode(place, beside);
    take_place(beside, place);
    return {{file, n}};
}

}  // namespace snnff
