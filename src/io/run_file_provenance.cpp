// How a run came about: /provenance, its data files and its stretches.
#include "io/run_file_provenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "io/hdf5_write.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Columns of a table, a data set each, on one axis.
class Columns {
  public:
    Columns(const hdf5::Group& group, std::string_view axis, std::size_t n)
        : group_(group), axis_(hdf5::create_dimension(group, axis, n)), n_(n) {}

    template <class Row, class Value>
    void write(std::string_view name, std::string_view long_name, const std::vector<Row>& rows,
               Value value) const {
        using T = std::decay_t<decltype(value(rows.front()))>;
        std::vector<T> values;
        for (const Row& row : rows) values.push_back(value(row));
        const hdf5::Dataset dataset = create(name, values);
        hdf5::set_attribute(dataset, "long_name", long_name);
        hdf5::attach_scale(dataset, 0, axis_);
    }

  private:
    hdf5::Dataset create(std::string_view name, const std::vector<std::string>& values) const {
        return hdf5::write_texts(group_, name, std::span(&n_, 1), values);
    }
    template <class T>
    hdf5::Dataset create(std::string_view name, const std::vector<T>& values) const {
        return hdf5::write_array(group_, name, std::span<const T>(values));
    }
    const hdf5::Group& group_;
    hdf5::Dataset axis_;
    hsize_t n_;
};

void expect_rows(const hdf5::Dataset& dataset, std::size_t n_read, std::size_t n_rows) {
    if (n_read == n_rows && dataset.shape().size() == 1) return;
    throw FileError(
        fmt::format("{}: has {} values; {} are expected, one a row", dataset.where(), n_read, n_rows));
}

std::vector<std::string> read_column(const hdf5::Group& group, std::string_view name) {
    return hdf5::read_texts(group.dataset(name));
}
/// Writes a column to `field` of every row.
template <class Row>
void read_column(const hdf5::Group& group, std::string_view name, std::vector<Row>& rows,
                 std::string Row::*field) {
    const hdf5::Dataset dataset = group.dataset(name);
    std::vector<std::string> values = hdf5::read_texts(dataset);
    expect_rows(dataset, values.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*field = std::move(values[i]);
}
template <class Row, class T>
void read_column(const hdf5::Group& group, std::string_view name, std::vector<Row>& rows, T Row::*field) {
    const hdf5::Dataset dataset = group.dataset(name);
    std::is_integral_v<T> ? dataset.expect_integers() : dataset.expect_numbers();
    std::vector<T> values(dataset.n_held_values());
    expect_rows(dataset, values.size(), rows.size());
    hdf5::read(dataset, std::span(values));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*field = values[i];
}

/// Visits the attributes of a stretch, so that writing and reading name them once.
template <class S, class Visit>
void visit_facts(S& stretch, Visit visit) {
    visit("first_epoch", stretch.first_epoch);
    visit("created", stretch.created);
    visit("version", stretch.version);
    visit("git_commit", stretch.git_commit);
    visit("libraries", stretch.libraries);
    visit("kernels", stretch.kernels);
    visit("kernels_from", stretch.kernels_from);
    visit("threads", stretch.threads);
    visit("threads_from", stretch.threads_from);
    visit("cpu", stretch.cpu);
    visit("host", stretch.host);
    visit("command_line", stretch.command_line);
}

/// Visits the columns of InputSpread, so that writing and reading name them once.
template <class Visit>
void visit_spread(Visit visit) {
    visit("input_smallest", "smallest value of some hundred samples", &InputSpread::smallest);
    visit("input_largest", "largest value of some hundred samples", &InputSpread::largest);
    visit("input_lower_quartile", "of the values that are not 0", &InputSpread::lower);
    visit("input_upper_quartile", "of the values that are not 0", &InputSpread::upper);
    visit("input_mean", "mean of some hundred samples", &InputSpread::mean);
    visit("input_deviation", "standard deviation of some hundred samples", &InputSpread::deviation);
    visit("input_n_not_0", "how many values are not 0", &InputSpread::n_not_0);
}

/// A group each, counted from 0, and attributes: a run that was taken up has the data sets of one that was
/// not.
void write_stretches(const hdf5::Group& group, const std::vector<Stretch>& stretches) {
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const hdf5::Group row = hdf5::create_group(group, std::to_string(i));
        visit_facts(stretches[i],
                    [&row](const char* name, const auto& value) { hdf5::set_attribute(row, name, value); });
    }
}

void read_fact(const hdf5::Group& row, const char* name, std::string& value) {
    value = hdf5::read_text_attribute(row, name);
}
template <class T>
void read_fact(const hdf5::Group& row, const char* name, T& value) {
    const auto values = hdf5::read_attribute<T>(row, name);
    if (values.size() != 1) {
        throw FileError(fmt::format("{}: attribute \"{}\" has {} values; one is expected", row.where(), name,
                                    values.size()));
    }
    value = values.front();
}

/// Whether there are files without it.
bool added_later(std::string_view name) {
    return name == "libraries" || name == "kernels_from" || name == "threads_from";
}

std::vector<Stretch> read_stretches(const hdf5::Group& group) {
    std::vector<Stretch> stretches;
    while (group.has(std::to_string(stretches.size()))) {
        const hdf5::Group row = group.group(std::to_string(stretches.size()));
        Stretch& stretch = stretches.emplace_back();
        visit_facts(stretch, [&row](const char* name, auto& value) {
            if (!added_later(name) || hdf5::has_attribute(row, name)) read_fact(row, name, value);
        });
    }
    return stretches;
}

Fact read_fact(const hdf5::Group& group, const std::string& name) {
    if (hdf5::is_text_attribute(group, name)) return hdf5::read_text_attribute(group, name);
    std::uint64_t value = 0;
    read_fact(group, name.c_str(), value);
    return value;
}

}  // namespace

std::string text_of(const Fact& fact) {
    if (const auto* text = std::get_if<std::string>(&fact)) return *text;
    return std::to_string(std::get<std::uint64_t>(fact));
}

std::string Provenance::text(std::string_view name) const {
    const auto found = std::ranges::find(facts, name, [](const auto& fact) { return fact.first; });
    return found == facts.end() ? "" : text_of(found->second);
}

void write_data_files(const hdf5::Group& group, const std::vector<DataFile>& files) {
    if (files.empty()) return;
    const Columns columns(group, "file", files.size());
    columns.write("role", "what the file was for", files, [](const DataFile& f) { return f.role; });
    columns.write("path", "as the model gave it", files, [](const DataFile& f) { return f.path.string(); });
    columns.write("size", "bytes on disk", files, [](const DataFile& f) { return f.size; });
    columns.write("sha256", "SHA-256 of the bytes on disk", files,
                  [](const DataFile& f) { return f.sha256; });
}

std::vector<DataFile> read_data_files(const hdf5::Group& group) {
    if (!group.has("path")) return {};
    const std::vector<std::string> paths = read_column(group, "path");
    std::vector<DataFile> files(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) files[i].path = paths[i];
    read_column(group, "role", files, &DataFile::role);
    read_column(group, "size", files, &DataFile::size);
    read_column(group, "sha256", files, &DataFile::sha256);
    return files;
}

void write_inputs(const hdf5::Group& group, const InputFacts& facts) {
    hdf5::set_attribute(group, "NX_class", "NXcollection");
    hdf5::set_attribute(group, "long_name", "inputs as the network got them, before labels were written");
    hdf5::set_attribute(group, "n_samples", facts.n_samples);
    hdf5::set_attribute(group, "smallest", facts.smallest);
    hdf5::set_attribute(group, "largest", facts.largest);
    hdf5::set_attribute(group, "mean", facts.mean);
    hdf5::set_attribute(group, "root_mean_square", facts.root_mean_square);
    hdf5::set_attribute_array<std::uint64_t>(group, "samples_per_label", facts.samples_per_label);
    if (facts.names.empty() && facts.spreads.empty()) return;
    const Columns columns(group, "input", std::max(facts.names.size(), facts.spreads.size()));
    if (!facts.names.empty()) {
        columns.write("name", "column that the input comes from", facts.names,
                      [](const std::string& name) { return name; });
    }
    if (facts.spreads.empty()) return;
    visit_spread([&](const char* name, const char* long_name, auto field) {
        columns.write(name, long_name, facts.spreads, [field](const InputSpread& s) { return s.*field; });
    });
}

InputFacts read_inputs(const hdf5::Group& group) {
    const auto number = [&]<class T>(const char* name, T& into) {
        const auto values = hdf5::read_attribute<T>(group, name);
        if (values.size() != 1)
            throw FileError(fmt::format("{}: attribute \"{}\" is not one number", group.where(), name));
        into = values.front();
    };
    InputFacts facts;
    number("n_samples", facts.n_samples);
    number("smallest", facts.smallest);
    number("largest", facts.largest);
    number("mean", facts.mean);
    number("root_mean_square", facts.root_mean_square);
    facts.samples_per_label = hdf5::read_attribute<std::uint64_t>(group, "samples_per_label");
    if (group.has("name")) facts.names = read_column(group, "name");
    // A run that was killed at its start may lack some.
    bool complete = true;
    visit_spread([&](const char* name, const char*, auto) { complete = complete && group.has(name); });
    if (!complete) return facts;
    facts.spreads.resize(group.dataset("input_smallest").n_held_values());
    visit_spread(
        [&](const char* name, const char*, auto field) { read_column(group, name, facts.spreads, field); });
    return facts;
}

void write_provenance(const hdf5::Group& group, const Provenance& provenance) {
    hdf5::set_attribute(group, "NX_class", "NXcollection");
    for (const auto& [name, fact] : provenance.facts)
        std::visit([&, key = name](const auto& value) { hdf5::set_attribute(group, key, value); }, fact);
    const auto section = [&](std::string_view name) {
        hdf5::Group below = hdf5::create_group(group, name);
        hdf5::set_attribute(below, "NX_class", "NXcollection");
        return below;
    };
    if (!provenance.data.empty()) write_data_files(section("data"), provenance.data);
    if (!provenance.stretches.empty()) write_stretches(section("stretches"), provenance.stretches);
    if (provenance.inputs.empty()) return;
    const hdf5::Group inputs = section("inputs");
    for (const auto& [role, facts] : provenance.inputs) write_inputs(hdf5::create_group(inputs, role), facts);
}

Provenance read_provenance(const hdf5::Group& group) {
    Provenance provenance;
    for (const std::string& name : hdf5::attribute_names(group)) {
        if (name != "NX_class") provenance.facts.emplace_back(name, read_fact(group, name));
    }
    if (group.has("data")) provenance.data = read_data_files(group.group("data"));
    if (group.has("stretches")) provenance.stretches = read_stretches(group.group("stretches"));
    if (group.has("inputs")) {
        const hdf5::Group inputs = group.group("inputs");
        for (const std::string& role : inputs.child_groups())
            provenance.inputs.emplace_back(role, read_inputs(inputs.group(role)));
    }
    return provenance;
}

}  // namespace snnff
