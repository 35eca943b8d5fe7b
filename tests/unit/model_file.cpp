// The way from a file to a tree and back: TOML with places, overrides, what cannot be read.
#include "io/model_file.hpp"

#include <unistd.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "snnff/error.hpp"

using namespace snnff;

namespace {

template <class Failure, class Call>
std::string message(Call call) {
    try {
        call();
    } catch (const Failure& error) {
        return error.what();
    }
    return "";
}

std::string set(const std::string& text, const std::string& key, const std::string& value) {
    Node root = parse_model(text, "m.toml");
    for (const std::string& fault : apply_overrides(root, std::vector<Override>{{key, value}}, {}))
        return fault;
    return value_text(root);
}

/// A file for as long as the test lasts.
struct TemporaryFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("snnff_model_file_" + std::to_string(getpid()) + ".toml");
    explicit TemporaryFile(std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
    ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("tables keep the order of the file, and every value its place") {
    const Node root = parse_model(
        "z = 1\n[population.zebra]\nsize = 3\n[a]\n  b.c = [1,\n 2]\n[population.ant]\n", "dir/m.toml");
    CHECK(value_text(root) ==
          "{ z = 1, population = { zebra = { size = 3 }, ant = {} }, a = { b = { c = [1, 2] } } }");
    const Node* population = root.find("population");
    REQUIRE(population != nullptr);
    CHECK(population->find("zebra")->place.text() == "dir/m.toml:2:13");
    CHECK(population->find("zebra")->find("size")->place.text() == "dir/m.toml:3:1");
    const Node* c = root.find("a")->find("b")->find("c");
    CHECK(c->place.text() == "dir/m.toml:5:5");
    CHECK(std::get<Node::Array>(c->value)[1].place.text() == "dir/m.toml:6:2");
    CHECK(root.find("nothing") == nullptr);
    CHECK(root.find("z")->find("below") == nullptr);
}

TEST_CASE("text that is no TOML is refused with its line and column") {
    const std::pair<std::string, std::string> cases[] = {
        {"x = \n", "m.toml:1:5: not TOML: "},
        {"x = 1\ny = [1,\n", "m.toml:2:9: not TOML: "},
        {"[population.a\n", "m.toml:1:14: not TOML: "},
        {"[population.a]\n[population.a]\n", "m.toml:2:1: not TOML: "},
        {"seed = 1\nseed = 2\n", "m.toml:2:8: not TOML: "},
        {"title = \"\xff\"", "m.toml:1:9: not TOML: "},
        {"title = 1979-05-27",
         "m.toml:1:1: title is a date or time; no key takes one, and text needs quotes"},
    };
    for (const auto& [text, expected] : cases) {
        INFO(text);
        const std::string& shown = text;  // clang 14 captures no structured binding
        const std::string found = message<ModelError>([&] { parse_model(shown, "m.toml"); });
        CHECK(found.substr(0, expected.size()) == expected);
    }
    CHECK(message<ModelError>([] {
              parse_model(std::string_view("a = 1\0b", 7), "m.toml");
          }).starts_with("m.toml:1:"));
}

TEST_CASE("text with several faults is told of each, and of no effects of them") {
    const auto places = [](const std::string& text) {
        std::istringstream lines(message<ModelError>([&] { parse_model(text, "m.toml"); }));
        std::vector<std::string> found;
        for (std::string line; std::getline(lines, line);) {
            const std::size_t end = line.find(": not TOML: ");
            found.push_back(end == std::string::npos ? line : line.substr(0, end));
        }
        return found;
    };
    using Lines = std::vector<std::string>;
    CHECK(places("a =\nb = 1\nc = 5 6\n[d]\ne = \"x\n") ==
          Lines{"m.toml:1:4", "m.toml:3:7", "m.toml:5:7", "3 faults in m.toml"});
    // An array that is not closed shows where the next statement begins, which is read all the same.
    CHECK(places("a = [1,\n 2,\n[b]\nc = 1\nd = 1 2\n[b]\n") ==
          Lines{"m.toml:3:2", "m.toml:5:7", "m.toml:6:1", "3 faults in m.toml"});
    CHECK(places("a = 1\n[b]\nx = \"\"\"never\nclosed\n") == Lines{"m.toml:4:8"});
    CHECK(places("a = 1\na = 2\na = 3\nb = 1\n") == Lines{"m.toml:2:5", "m.toml:3:5", "2 faults in m.toml"});
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "x" + std::to_string(i) + " =\n";
    CHECK(places(many).size() == 21);
}

TEST_CASE("nesting that would exhaust the stack is refused") {
    const std::size_t many = 200'000;
    std::string keys = "a";
    for (std::size_t i = 0; i < many; ++i) keys += ".a";
    const std::string cases[] = {
        "x = " + std::string(many, '['), keys + " = 1",          "[" + keys + "]",
        "x = {" + keys + " = 1}",        std::string(many, '['),
    };
    for (const std::string& text : cases) {
        CHECK(message<ModelError>([&] { parse_model(text, "m.toml"); }).starts_with("m.toml:1:"));
        CHECK(message<ModelError>([&] { set("", "k", text.substr(4)); }).size() < 1000);
    }
}

TEST_CASE("--set replaces what the file says, or adds to it") {
    CHECK(set("a = 1", "a", "2") == "{ a = 2 }");
    CHECK(set("a = 1", "b.c", "[1, 2.5]") == "{ a = 1, b = { c = [1, 2.5] } }");
    CHECK(set("[p.x]\nn = 1\n[p.y]\nn = 1", "p.y.n", "2") == "{ p = { x = { n = 1 }, y = { n = 2 } } }");
    CHECK(set("", "title", "\"two words\"") == "{ title = \"two words\" }");
    CHECK(set("", "title", "two words") == "{ title = \"two words\" }");
    CHECK(set("", "folder", "../data/mnist") == "{ folder = \"../data/mnist\" }");
    CHECK(set("", "size", "1O") == "{ size = \"1O\" }");
    CHECK(set("", "on", "true") == "{ on = true }");
    CHECK(set("", "loss", "{ kind = \"softplus\", theta = 5 }") ==
          "{ loss = { kind = \"softplus\", theta = 5 } }");
    SECTION("below a kind given by name alone") {
        CHECK(set("loss = \"softplus\"", "loss.theta", "5") ==
              "{ loss = { kind = \"softplus\", theta = 5 } }");
    }
    SECTION("a name in place of a kind's table drops its keys") {
        CHECK(set("loss = { kind = \"softplus\", theta = 5 }", "loss", "swish") == "{ loss = \"swish\" }");
    }
    SECTION("an error names the option as typed") {
        Node root = parse_model("a = 1", "m.toml");
        CHECK(apply_overrides(root, std::vector<Override>{{"b", "2"}}, {}).empty());
        CHECK(root.find("b")->place.text() == "--set b=2");
        CHECK(apply_overrides(root, std::vector<Override>{{"seed", "7", "--seed 7"}}, {}).empty());
        CHECK(root.find("seed")->place.text() == "--seed 7");
    }
}

TEST_CASE("of several options every bad one is told, and none leaves anything behind") {
    Node root = parse_model("[population.hidden1]\nsize = 1", "m.toml");
    const std::vector<Override> options{{"population.hiden1.size", "2"},
                                        {"population.hidden1.size", "3"},
                                        {"population.c.bad key", "4"},
                                        {"population.d.size", "5"}};
    const std::vector<std::string> tables{"population"};
    const std::vector<std::string> faults = apply_overrides(root, options, tables);
    REQUIRE(faults.size() == 3);
    CHECK(faults[0].starts_with(
        "--set population.hiden1.size=2: there is no population \"hiden1\"; did you mean \"hidden1\"?"));
    CHECK(faults[1].starts_with("--set population.c.bad key=4: \"population.c.bad key\" is not a key"));
    CHECK(faults[2].starts_with("--set population.d.size=5: there is no population \"d\""));
    CHECK(value_text(root) == "{ population = { hidden1 = { size = 3 } } }");
}

TEST_CASE("--set with a bad key or value is refused, named as typed") {
    const auto refusal = [](const std::string& key, const std::string& value) {
        return set("a = 1\nt = [1]", key, value);
    };
    const std::string no_key =
        " is not a key; keys are words joined by points, as in population.hidden1.beta";
    CHECK(refusal("", "1") == "--set =1: \"\"" + no_key);
    CHECK(refusal("a..b", "1") == "--set a..b=1: \"a..b\"" + no_key);
    CHECK(refusal("b.", "1") == "--set b.=1: \"b.\"" + no_key);
    CHECK(refusal("x y", "1") == "--set x y=1: \"x y\"" + no_key);
    CHECK(refusal("a.b", "1") == "--set a.b=1: a = 1 is not a table, there is no key below it");
    CHECK(refusal("t.b", "1") == "--set t.b=1: t = [1] is not a table, there is no key below it");
    CHECK(refusal("b", "[1, 2") == "--set b=[1, 2: \"[1, 2\" is not a TOML value");
    CHECK(refusal("b", "\"x") == "--set b=\"x: \"\\\"x\" is not a TOML value");
    CHECK(refusal("b", "") == "--set b=: \"\" is not a TOML value");
    CHECK(refusal("b", "1\nc = 2") == "--set b=1\nc = 2: \"1\\nc = 2\" is not a TOML value");
    CHECK(refusal("b", "caf\xe9") != "");
}

TEST_CASE("TOML written is the tree that is read, in the same order") {
    const std::string text =
        "title = \"a \\\"quoted\\\" \\\\ line\\nand \\u0001 \xc3\xa9\"\nseed = 9223372036854775807\n"
        "[learning]\nloss = { kind = \"softplus\", theta = 5.0 }\nrate = 1e-3\nnothing = []\n"
        "[population.b]\nbeta = [0.1, 1.0]\n\"odd key\" = true\n[population.a.inner]\nx = -0.0\n[empty]\n"
        "[mixed.sub]\ny = 1\n[mixed]\nz = 2\n";
    const Node tree = parse_model(text, "m.toml");
    const std::string written = to_toml(tree);
    CAPTURE(written);
    CHECK(value_text(parse_model(written, "again")) == value_text(tree));
    CHECK(to_toml(parse_model(written, "again")) == written);
    CHECK(written.find("\n[population.b]\nbeta = [0.1, 1.0]\n") != std::string::npos);
    CHECK(written.find("loss = { kind = \"softplus\", theta = 5.0 }\nrate = 0.001\n") != std::string::npos);
}

TEST_CASE("doubles come back as the same bits") {
    std::mt19937_64 random(1);
    std::vector<double> values{0.0,       -0.0,  0.1,        1e16, 1e22, 5e-324, 1.7976931348623157e308,
                               1.0 / 3.0, 100.0, 123456789.0};
    for (int i = 0; i < 2000; ++i) {
        const double value = std::bit_cast<double>(random());
        if (std::isfinite(value)) values.push_back(value);
    }
    for (const double value : values) {
        const Node read = parse_value(value_text({value, {}}), {});
        const double* number = std::get_if<double>(&read.value);
        REQUIRE(number != nullptr);
        CHECK(std::bit_cast<std::uint64_t>(*number) == std::bit_cast<std::uint64_t>(value));
    }
}

TEST_CASE("files that cannot be a model are refused as files") {
    const auto refusal = [](const std::filesystem::path& path) {
        return message<FileError>([&] { read_model_file(path); });
    };
    CHECK(refusal("/nowhere/m.toml") == "/nowhere/m.toml: cannot be opened: No such file or directory");
    CHECK(refusal("/tmp") == "/tmp: is a folder, not a model file");
    // Here the file system has nothing to answer for.
    CHECK(message<ModelError>([] { read_model_file("/dev/null"); }) ==
          "/dev/null: is empty; `snnff-sim new lif` writes a model to start from");
    CHECK(refusal("/dev/zero") == "/dev/zero: is larger than 16 MiB, which no model file is");
    SECTION("a file of 16 MiB is read, one byte more is not") {
        TemporaryFile file(std::string(std::size_t{16} << 20, '#'));
        CHECK(read_model_file(file.path).size() == std::size_t{16} << 20);
        std::ofstream(file.path, std::ios::app) << '#';
        CHECK(refusal(file.path) == file.path.string() + ": is larger than 16 MiB, which no model file is");
    }
    SECTION("one that may not be read") {
        TemporaryFile file("seed = 1");
        std::filesystem::permissions(file.path, std::filesystem::perms::none);
        if (geteuid() != 0) {  // root reads everything
            CHECK(refusal(file.path) == file.path.string() + ": cannot be opened: Permission denied");
        }
    }
    SECTION("what is in a file arrives as it is") {
        TemporaryFile file("seed = 1\r\n");
        CHECK(read_model_file(file.path) == "seed = 1\r\n");
    }
}
