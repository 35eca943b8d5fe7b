#include "snnff/export.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "app/execute.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/trained.hpp"
#include "app/verb.hpp"
#include "core/process_limits.hpp"
#include "snnff/error.hpp"
#include "snnff/nir.hpp"

namespace snnff::app {
namespace {

struct ExportArguments {
    std::string run, format, output;
    std::optional<double> dt_ms;
    bool force = false;
};

void list(const Exported& exported, std::string_view what) {
    Table table({"file", std::string(what)});
    for (const auto& [path, n] : exported) table.add({path.string(), grouped(static_cast<double>(n))});
    put(table.text(0, stdout_columns()));
}

int export_run(const ExportArguments& arguments) {
    if (arguments.dt_ms && arguments.format != "nir") {
        throw UsageError(
            fmt::format("export: --dt is for --format nir, whose graphs have time constants; "
                        "--format {} writes times as the run has them, without it",
                        arguments.format));
    }
    if (arguments.format == "csv") {
        check_descriptors(arguments.output);
        const Exported exported = export_csv(arguments.run, arguments.output, arguments.force);
        if (!is_stream(arguments.output)) list(exported, "rows");
        return 0;
    }
    check_output(arguments.output, arguments.force);
    const std::filesystem::path inputs[] = {arguments.run};
    refuse_inputs(arguments.output, inputs);
    refuse_strangers(arguments.output);
    if (arguments.format == "sonata") {
        list(export_sonata(arguments.run, arguments.output, arguments.force), "reports and populations");
        return 0;
    }
    const Trained trained = read_parameters_of(arguments.run);
    for (const Population& population : trained.network.populations) {
        if (population.below().projection->dense()) continue;
        throw ModelError(
            fmt::format("{}: population.{}.projection = \"{}\": only \"dense\" can be written as NIR",
                        arguments.run, population.name, population.below().projection->kind()));
    }
    const double dt_ms = arguments.dt_ms.value_or(trained.model.network.time.dt_ms);
    note(fmt::format("time constants belong to steps of {} ms{}", dt_ms,
                     arguments.dt_ms ? "" : ", the model's; --dt takes another"));
    for (const std::string& sentence :
         write_nir(arguments.output, trained.model, trained.network, arguments.dt_ms, arguments.force)) {
        note("not in the graph (kept in its metadata): " + sentence);
    }
    put(arguments.output + "\n");
    return 0;
}

}  // namespace

Verb add_export(Command& program) {
    auto arguments = std::make_shared<ExportArguments>();
    Command command = program.verb("export", "Hand a run over to other programs.",
                                   "  snnff-sim export run.h5 --format nir -o network.nir\n"
                                   "  snnff-sim export run.h5 --format csv -o tables\n"
                                   "  snnff-sim export traces.h5 --format sonata -o spikes.h5\n");
    command.option("RUN", arguments->run, "run file, or traces (HDF5)").required().type_name("FILE");
    command
        .option(
            "--format", arguments->format,
            "nir: the trained network as a NIR graph; csv: losses, traces and spikes as text; sonata: spikes "
            "and reports alone (HDF5)")
        .required()
        .type_name("FORMAT")
        .one_of({"nir", "csv", "sonata"});
    command.option("-o,--output", arguments->output, "file to write; for csv a folder, a pipe or /dev/stdout")
        .required()
        .type_name("PATH");
    command
        .option("--dt", arguments->dt_ms,
                "step that the time constants of a NIR graph belong to; by default the model's")
        .type_name("MS")
        .positive();
    command.flag("--force", arguments->force, "replace what is there, once the new file is complete");
    return {std::move(command), [arguments] { return export_run(*arguments); }};
}

}  // namespace snnff::app
