// /report and /spikes: what was recorded, in SONATA's layout.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "io/run_file_state.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

using hdf5::Appender;
using hdf5::set_attribute;

template <class T>
Appender create_index(const ReportSeries& report, std::string_view name, std::string_view units,
                      std::string_view long_name) {
    Appender series = Appender::create<T>(report.group, name);
    set_attribute(series.dataset(), "units", units);
    set_attribute(series.dataset(), "long_name", long_name);
    hdf5::attach_scale(series.dataset(), 0, report.frame);
    return series;
}

/// mapping/: which unit each column is, and when frames were taken.
void write_mapping(ReportSeries& report, const ReportSpec& spec, const hdf5::Dataset& neuron) {
    const std::size_t n = spec.neurons.size();
    const hdf5::Group mapping = hdf5::create_group(report.group, "mapping");
    const auto node_ids =
        hdf5::write_array(mapping, "node_ids", std::span<const std::uint64_t>{spec.neurons});
    set_attribute(node_ids, "long_name", "unit of each column");
    set_attribute(node_ids, "sorted", std::uint8_t{std::ranges::is_sorted(spec.neurons)});
    hdf5::attach_scale(node_ids, 0, neuron);

    // One element per unit: the columns of unit i are index_pointers[i] up to index_pointers[i + 1].
    std::vector<std::uint64_t> pointers(n + 1);
    std::iota(pointers.begin(), pointers.end(), std::uint64_t{0});
    const hdf5::Dataset boundary = hdf5::create_dimension(mapping, "boundary", n + 1);
    // The guide's name, which libsonata reads, and the one that BMTK and pySonata read.
    for (const char* name : {"index_pointers", "index_pointer"}) {
        hdf5::attach_scale(hdf5::write_array(mapping, name, std::span<const std::uint64_t>{pointers}), 0,
                           boundary);
    }
    const std::vector<std::uint32_t> element_ids(n, 0);
    hdf5::attach_scale(hdf5::write_array(mapping, "element_ids", std::span<const std::uint32_t>{element_ids}),
                       0, neuron);
    const std::vector<float> element_pos(n, 0.0f);
    hdf5::attach_scale(hdf5::write_array(mapping, "element_pos", std::span<const float>{element_pos}), 0,
                       neuron);

    const std::array<double, 3> bounds{0.0, 0.0, spec.frame_ms};
    report.bounds = hdf5::write_array(mapping, "time", std::span<const double>{bounds});
    set_attribute(report.bounds, "units", "ms");
    set_attribute(report.bounds, "long_name", "start, stop and step of the frames");
    hdf5::attach_scale(report.bounds, 0, hdf5::create_dimension(mapping, "start_stop_step", 3));
}

/// SONATA's attribute `sorting` is an HDF5 enumeration.
hdf5::Handle sorting_type() {
    hdf5::Handle type(H5Tenum_create(H5T_STD_U8LE), H5Tclose);
    constexpr std::array<const char*, 3> names{"none", "by_id", "by_time"};
    std::uint8_t value = 0;
    for (const char* name : names) {
        hdf5::checked(H5Tenum_insert(type.get(), name, &value));
        ++value;
    }
    return type;
}

}  // namespace

void set_sorting(const hdf5::Group& group, int sorting) {
    const hdf5::Handle type = sorting_type();
    const auto value = static_cast<std::uint8_t>(sorting);
    constexpr std::string_view failure = "attribute \"sorting\" cannot be written";
    hdf5::Handle attribute;
    if (hdf5::has_attribute(group, "sorting")) {
        attribute = hdf5::Handle(group.check(H5Aopen(group.id(), "sorting", H5P_DEFAULT), failure), H5Aclose);
    } else {
        const hdf5::Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
        attribute = hdf5::Handle(
            group.check(H5Acreate2(group.id(), "sorting", type.get(), scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
                        failure),
            H5Aclose);
    }
    group.check(H5Awrite(attribute.get(), type.get(), &value), failure);
}

std::size_t RunFileWriter::open_report(const ReportSpec& spec) {
    File& s = *file_;
    if (spec.neurons.empty()) {
        throw FileError(fmt::format("{}: report \"{}\" has no neurons", s.root.where(), spec.name));
    }
    const hdf5::Group& all = s.section(s.reports_group, "report", "NXcollection");
    if (s.reports.empty()) set_attribute(all, "default", spec.name);
    if (!s.training) set_attribute(s.root, "default", "report");
    // Only a finished report joins the others: one that could not be made is not flushed either.
    ReportSeries report;
    report.frame_ms = spec.frame_ms;
    report.group = hdf5::create_group(all, spec.name);
    set_attribute(report.group, "NX_class", "NXdata");
    set_attribute(report.group, "signal", "data");
    const std::array<std::string, 2> axes{"time", "neuron"};
    set_attribute(report.group, "axes", axes);
    // Viewers draw one unit over time and step through the units.
    const std::array<std::string, 2> one_unit{".", "0"};
    set_attribute(report.group, "default_slice", one_unit);
    set_attribute(report.group, "population", spec.population);

    report.frame = hdf5::create_dimension(report.group, "frame", std::nullopt);
    const auto neuron =
        hdf5::write_array(report.group, "neuron", std::span<const std::uint64_t>{spec.neurons});
    set_attribute(neuron, "long_name", "unit of " + spec.population);
    hdf5::make_scale(neuron);

    report.data = Appender::create<float>(report.group, "data", spec.neurons.size());
    const hdf5::Dataset& data = report.data.dataset();
    set_attribute(data, "units", "1");
    set_attribute(data, "long_name", spec.long_name);
    set_attribute(data, "interpretation", "spectrum");
    if (!spec.recorded_reset.empty()) set_attribute(data, "reset", spec.recorded_reset);
    if (!std::isnan(spec.threshold)) set_attribute(data, "threshold", spec.threshold);
    set_attribute(data, "coordinates", "time epoch sample step label phase");
    hdf5::attach_scale(data, 0, report.frame);
    hdf5::attach_scale(data, 1, neuron);
    write_mapping(report, spec, neuron);

    report.time = create_index<double>(report, "time", "ms", "time of the frame");
    report.sample = create_index<std::int64_t>(report, "sample", "1", "index of the recorded sample");
    report.step = create_index<std::int64_t>(report, "step", "1", "time step within the sample");
    report.label = create_index<std::int64_t>(report, "label", "1", "label it was presented under; -1: none");
    report.phase = create_index<std::uint8_t>(report, "phase", "1", "whether that label is the sample's own");
    constexpr std::array<std::uint8_t, 3> phases{0, 1, 2};
    hdf5::set_attribute_array<std::uint8_t>(report.phase.dataset(), "flag_values", phases);
    set_attribute(report.phase.dataset(), "flag_meanings", "positive negative neutral");
    report.epoch = create_index<std::int64_t>(report, "epoch", "1", "epoch after which it was recorded");
    s.reports.push_back(std::move(report));
    s.flush();
    return s.reports.size() - 1;
}

void RunFileWriter::append_frames(std::size_t report, ConstMatrixView frames, const FrameIndex& of,
                                  std::int64_t epoch) {
    ReportSeries& series = file_->reports.at(report);
    const std::size_t n = frames.rows();
    if (of.sample.size() != n || of.step.size() != n || of.label.size() != n || of.phase.size() != n ||
        frames.cols() != series.data.width()) {
        throw FileError(fmt::format(
            "{}: {} x {} values, {} samples, {} steps, {} labels and {} phases are no frames of {}",
            series.group.where(), n, frames.cols(), of.sample.size(), of.step.size(), of.label.size(),
            of.phase.size(), series.data.width()));
    }
    for (std::size_t i = 0; i < n; ++i) {
        // A product, not a sum of steps: times do not drift however long the run.
        series.time.append_one(series.time_ms(series.time.n_rows()));
        series.epoch.append_one(epoch);
        series.data.append(frames.row(i));
        series.sum.add(std::span<const float>(frames.row(i)));
        for (const std::int64_t value : {of.sample[i], of.step[i], of.label[i], epoch})
            series.index_sum.add(value);
        series.index_sum.add(of.phase[i]);
    }
    series.sample.append(of.sample);
    series.step.append(of.step);
    series.label.append(of.label);
    series.phase.append(of.phase);
    file_->flush_if_due();
}

void ReportSeries::flush() {
    for (Appender* series : {&data, &time, &sample, &step, &label, &phase, &epoch}) series->flush();
    hdf5::set_length(frame, data.n_rows());
    const std::array<double, 3> now{0.0, time_ms(data.n_rows()), frame_ms};
    hdf5::write(bounds, std::span<const double>{now});
}

void RunFileWriter::open_spikes(std::string_view population) {
    File& s = *file_;
    if (s.spikes.find(population) != s.spikes.end()) return;
    const hdf5::Group& all = s.section(s.spikes_group, "spikes", "NXcollection");
    if (s.spikes.empty()) set_attribute(all, "default", population);
    SpikeSeries series;
    series.group = hdf5::create_group(all, population);
    // A raster: a point for every spike at its time and unit, coloured by unit.
    set_attribute(series.group, "NX_class", "NXdata");
    set_attribute(series.group, "signal", "node_ids");
    const std::array<std::string, 2> axes{"timestamps", "node_ids"};
    set_attribute(series.group, "axes", axes);
    set_sorting(series.group, 0);
    series.spike = hdf5::create_dimension(series.group, "spike", std::nullopt);
    series.timestamps = Appender::create<double>(series.group, "timestamps");
    set_attribute(series.timestamps.dataset(), "units", "ms");
    set_attribute(series.timestamps.dataset(), "long_name", "time of the spike on the report's axis");
    hdf5::attach_scale(series.timestamps.dataset(), 0, series.spike);
    series.node_ids = Appender::create<std::uint64_t>(series.group, "node_ids");
    set_attribute(series.node_ids.dataset(), "long_name", fmt::format("unit of {} that fired", population));
    hdf5::attach_scale(series.node_ids.dataset(), 0, series.spike);
    s.spikes.emplace(population, std::move(series));
    s.flush();
}

void RunFileWriter::append_spikes(std::string_view population, std::span<const double> timestamps_ms,
                                  std::span<const std::uint64_t> node_ids) {
    const auto found = file_->spikes.find(population);
    if (found == file_->spikes.end() || timestamps_ms.size() != node_ids.size()) {
        throw FileError(fmt::format("{}: {} times and {} ids are no spikes of \"{}\"", file_->root.where(),
                                    timestamps_ms.size(), node_ids.size(), population));
    }
    SpikeSeries& series = found->second;
    for (std::size_t i = 0; i < node_ids.size(); ++i) {
        const bool first = i == 0 && series.node_ids.n_rows() == 0;
        series.by_time &= first || timestamps_ms[i] >= series.last_timestamp;
        series.by_id &= first || node_ids[i] >= series.last_node_id;
        series.last_timestamp = timestamps_ms[i];
        series.last_node_id = node_ids[i];
    }
    series.timestamps_sum.add(timestamps_ms);
    series.node_ids_sum.add(node_ids);
    series.timestamps.append(timestamps_ms);
    series.node_ids.append(node_ids);
    file_->flush_if_due();
}

void SpikeSeries::flush() {
    timestamps.flush();
    node_ids.flush();
    hdf5::set_length(spike, node_ids.n_rows());
    if (live || sorting() == sorting_on_disk) return;
    set_sorting(group, sorting_on_disk = sorting());
}

int SpikeSeries::sorting() const noexcept { return node_ids.n_rows() == 0 ? 0 : by_time ? 2 : by_id ? 1 : 0; }

}  // namespace snnff
