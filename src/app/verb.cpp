#include "app/verb.hpp"

#include <cstdint>

#include "app/execute.hpp"
#include "app/trained.hpp"
#include "snnff/training.hpp"

namespace snnff::app {

void add_override_options(Command& command, Assignments& assignments, const std::string& what) {
    command.option("--set", assignments.set, what).type_name("KEY=VALUE").one_value_each();
    command
        .option("--add", assignments.add,
                "the same for a population that the model does not have yet, which is made; comes first")
        .type_name("KEY=VALUE")
        .one_value_each();
}

void add_source_options(Command& command, SampleSource& source) {
    command
        .option("--data", source.data,
                "a folder of IDX files or of PNG images, an HDF5 file or .npz archive with x and y, or a CSV "
                "file; default: the run's own data")
        .type_name("PATH");
    command
        .option("--set", source.set,
                "how they are read: a key of data, as data.axes='[\"feature\", \"sample\"]'")
        .type_name("KEY=VALUE")
        .one_value_each();
    command.option("--split", source.split, "test (default) or train")
        .type_name("SPLIT")
        .one_of({"test", "train"});
}

void add_threads_option(Command& command, std::size_t& n_threads) {
    command
        .option("--threads", n_threads,
                "threads to use; default: as many as the process may, which 0 asks for, too")
        .whole_number(0, std::int64_t{most_threads})
        .type_name("N");
}

}  // namespace snnff::app
