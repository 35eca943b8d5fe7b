#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace snnff::bench {

/// What a workload cannot do without, whatever the program: the floor its time is compared with.
struct Work {
    double product_flops = 0;  ///< of matrix products, a multiply-add counted twice
    double row_additions = 0;  ///< of floats, where rows are added for single spikes
    double vector_flops = 0;   ///< element by element: neurons, surrogates, optimiser
    double bytes = 0;          ///< read and written at least once: weights, moments, inputs
    double footprint = 0;      ///< bytes of memory that they lie in
};

struct Shape {
    std::string name, kind, neuron;
    std::size_t n_samples = 0, n_inputs = 0;
    std::vector<std::size_t> n_units;
    std::int64_t steps = 1;
    std::optional<double> density;     ///< of spikes in the input, where it is a train
    std::optional<double> mark;        ///< ratio to the peer that is wanted; without one there is no peer
    std::optional<double> floor_mark;  ///< ratio to the floor that is wanted
    bool groups = false;  ///< whether groups of units stand for classes, in place of labels in the input
};

/// One thing to time. Built anew it is always the same; repetitions go on from where the last one ended.
class Workload {
  public:
    explicit Workload(Shape shape) : shape_(std::move(shape)) {}
    virtual ~Workload() = default;
    Workload(const Workload&) = delete;
    Workload& operator=(const Workload&) = delete;

    const Shape& shape() const noexcept { return shape_; }
    virtual Work work() const = 0;
    virtual void repeat() = 0;
    /// Writes inputs and what comes of them as raw little-endian arrays, for a peer to agree with;
    /// returns {file: shape}. To be called on a new workload.
    virtual nlohmann::json dump(const std::filesystem::path& folder) = 0;

  private:
    Shape shape_;
};

/// Shapes of all workloads, in the order of the tables.
const std::vector<Shape>& shapes();
/// Throws std::out_of_range for a name that shapes() does not have.
std::unique_ptr<Workload> make_workload(const std::string& name);

// one file each
std::unique_ptr<Workload> make_update(const Shape& shape);
std::unique_ptr<Workload> make_several(const Shape& shape);
std::unique_ptr<Workload> make_classifier(const Shape& shape);
std::unique_ptr<Workload> make_predict(const Shape& shape);
std::unique_ptr<Workload> make_epoch(const Shape& shape);
std::unique_ptr<Workload> make_simulate(const Shape& shape);

/// Milliseconds of a repetition over `seconds` and at least `at_least` times, after one to warm up.
struct Timing {
    double median_ms = 0, shortest_ms = 0;
    std::size_t n = 0;
};
Timing time(Workload& workload, double seconds, std::size_t at_least = 3);

}  // namespace snnff::bench
