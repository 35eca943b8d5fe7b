#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/provenance.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "core/float_environment.hpp"
#include "core/memory.hpp"
#include "core/process_limits.hpp"
#include "core/streams.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "io/libraries.hpp"
#include "snnff/command_line.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr const char* examples =
    "  snnff-sim new lif > model.toml\n"
    "  snnff-sim run model.toml -o run.h5\n"
    "  snnff-sim compare run.h5 other.h5\n"
    "  snnff-sim explain population.hidden1.beta\n";

constexpr const char* footer =
    "\nResults go to stdout, everything else to stderr. `snnff-sim VERB --help` says more.\n"
    "\nEnvironment: NO_COLOR turns colours off, TERM=dumb the progress bar; SNNFF_KERNELS=baseline, avx2, "
    "avx512\n"
    "or neon forces a variant of the kernels, all of which give the same bits.\n"
    "\nExit codes: 0 done, 1 failed, 2 usage, 3 model, 4 file, 5 data, 124 time, 128+N";

int complain(const std::string& text, ExitCode code) {
    const char* prefix = app::stderr_has_colours() ? "\033[31msnnff-sim:\033[0m " : "snnff-sim: ";
    app::note(text, prefix);
    return static_cast<int>(code);
}

/// `help`, `help VERB` and `version` as people type them, in the words that the program knows.
std::vector<std::string> with_words_as_options(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (words.size() == 1 && words[0] == "version") return {"--version"};
    if (words.empty() || words[0] != "help") return words;
    words.erase(words.begin());
    words.emplace_back("--help");
    return words;
}

int run(int argc, char** argv) {
    app::Command program(
        "snnff-sim", "Populations of spiking (LIF) and ReLU units that learn with the Forward-Forward rule.",
        examples);
    program.footer(footer);
    app::Verb verbs[] = {app::add_run(program),      app::add_resume(program),    app::add_eval(program),
                         app::add_trace(program),    app::add_export(program),    app::add_compare(program),
                         app::add_sweep(program),    app::add_reproduce(program), app::add_info(program),
                         app::add_validate(program), app::add_new(program),       app::add_explain(program)};
    if (const std::string text = program.read(with_words_as_options(argc, argv), app::version_line());
        !text.empty()) {
        app::put(text);
        return 0;
    }
    use_kernels_of_environment();
    check_address_space();
    return std::ranges::find_if(verbs, [](const app::Verb& verb) { return verb.command.asked(); })->run();
}

}  // namespace

int command_line(int argc, char** argv) {
    keep_streams();
    // A reader of our output that goes away is seen where we write, not by dying of SIGPIPE: a run
    // must not end because the terminal's pager did.
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);  // likewise a file that grows past what the system allows
    set_up_allocator();
    app::remember_invocation(argc, argv);
    const FloatEnvironment environment;
    try {
        check_stack();
        leave_open_at_exit();
        return run(argc, argv);
    } catch (const Error& error) {
        return complain(error.what(), error.code());
    } catch (const std::bad_alloc&) {
        return complain("memory ran out; fewer samples, smaller batches or populations need less",
                        ExitCode::failed);
    } catch (const std::filesystem::filesystem_error& error) {
        // What the file system answers, where nobody nearer knew more to say.
        const std::string other = error.path2().empty() ? "" : " or " + error.path2().string();
        return complain(fmt::format("{}{}: {}", error.path1().string(), other, error.code().message()),
                        ExitCode::file);
    } catch (const std::exception& error) {
        return complain(error.what(), ExitCode::failed);
    }
}

}  // namespace snnff
