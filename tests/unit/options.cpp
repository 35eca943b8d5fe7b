// Options, Document and nearest(), on a family of kinds of their own.
#include "snnff/options.hpp"

#include <fmt/format.h>

#include <array>

#include "catch.hpp"
#include "io/model_file.hpp"
#include "snnff/error.hpp"

namespace {

struct Shape {
    std::string name;
    double size = 0.0;
};
std::unique_ptr<Shape> make_circle(snnff::Options& options, const snnff::Context&) {
    return std::make_unique<Shape>(
        Shape{"circle", options.number({"radius", "mm", "from the centre"}, 1.0, snnff::Bounds::positive())});
}
std::unique_ptr<Shape> make_outline(snnff::Options& options, const snnff::Context&) {
    return std::make_unique<Shape>(
        Shape{options.required_file({"path", "", "file with the outline"}).string(), 0.0});
}

}  // namespace

template <>
snnff::Family<Shape> snnff::kinds<Shape>() {
    static constexpr std::array<std::string_view, 2> names{"circle", "outline"};
    static constexpr std::array<std::string_view, 2> summaries{"all points at one distance", "from a file"};
    static constexpr std::array<Family<Shape>::Maker, 2> makers{make_circle, make_outline};
    return {names, summaries, makers};
}

using namespace snnff;

namespace {

/// What `read` says of the text, or "" where it takes it.
template <class Read>
std::string message(std::string_view text, Read read) {
    const Node root = parse_model(text, "m.toml");
    Document document(root, "/models");
    try {
        Options options = document.root();
        read(options);
        document.refuse_unknown_keys();
        return "";
    } catch (const ModelError& error) {
        return error.what();
    }
}

const Key key{"a", "ms", "what it is"};

}  // namespace

TEST_CASE("a value of the wrong type or size is refused with place, key, value and what is allowed") {
    using Reader = void (*)(Options&);
    struct Case {
        const char* text;
        Reader read;
        const char* message;
    };
    constexpr std::string_view words_allowed[] = {"left", "right"};
    static const std::span<const std::string_view> sides = words_allowed;
    const Reader number = [](Options& o) { o.number(key, 1.0, Bounds::positive()); };
    const Reader integer = [](Options& o) { o.integer(key, 1, Bounds::between(1, 9)); };
    const Reader numbers = [](Options& o) { o.numbers(key, 1.0, 2, Bounds::at_least(0.0)); };
    const Case cases[] = {
        {"a = 0", number, "m.toml:1:1: a = 0 is out of range; allowed: a number, any value above 0 ms"},
        {"\n  a = -1.5", number,
         "m.toml:2:3: a = -1.5 is out of range; allowed: a number, any value above 0 ms"},
        {"a = nan", number, "m.toml:1:1: a = nan is not finite; allowed: a number, any value above 0 ms"},
        {"a = inf", number, "m.toml:1:1: a = inf is not finite; allowed: a number, any value above 0 ms"},
        {"a = \"1\"", number,
         "m.toml:1:1: a = \"1\" is not a number; allowed: a number, any value above 0 ms, as in a = 1.0"},
        {"a = 2.5", integer,
         "m.toml:1:1: a = 2.5 is not a whole number; allowed: a whole number, 1 to 9 ms, as in a = 1"},
        {"a = 1e300", integer,
         "m.toml:1:1: a = 1e+300 is not a whole number; allowed: a whole number, 1 to 9 ms, as in a = 1"},
        {"a = 10", integer, "m.toml:1:1: a = 10 is out of range; allowed: a whole number, 1 to 9 ms"},
        {"a = true", integer,
         "m.toml:1:1: a = true is not a whole number; allowed: a whole number, 1 to 9 ms, as in a = 1"},
        {"a = 1", [](Options& o) { o.flag(key, true); },
         "m.toml:1:1: a = 1 is neither true nor false; allowed: true or false, as in a = true"},
        {"a = 1", [](Options& o) { o.text(key, ""); },
         "m.toml:1:1: a = 1 is not text; allowed: text in quotes, as in a = \"1\""},
        {"a = \"\"", [](Options& o) { o.file(key, "x"); },
         "m.toml:1:1: a = \"\" is not a path; allowed: a path in quotes, as in a = \"x\""},
        {"a = \"x\\u0000y\"", [](Options& o) { o.file(key, "x"); },
         "m.toml:1:1: a = \"x\\u0000y\" is not a path, it holds a zero byte; allowed: a path in quotes"},
        {"a = \"rihgt\"", [](Options& o) { o.choice(key, "left", sides); },
         "m.toml:1:1: a = \"rihgt\" is unknown; did you mean \"right\"? allowed: one of \"left\", \"right\""},
        {"a = \"up\"", [](Options& o) { o.choice(key, "left", sides); },
         "m.toml:1:1: a = \"up\" is unknown; allowed: one of \"left\", \"right\""},
        {"a = [1, 2, 3]", numbers,
         "m.toml:1:1: a = [1, 2, 3] has 3 numbers; allowed: one for all units, or 2 of them, one per unit"},
        {"a = [1,\n -2]", numbers,
         "m.toml:2:2: a = -2 is out of range; allowed: a number, or a list with one per unit, 0 or more ms"},
        {"a = 1e39", numbers,
         "m.toml:1:1: a = 1e+39 is too large for a 32-bit number; allowed: a number, or a list with one per "
         "unit, 0 or more ms"},
        {"a = [1, 1]", [](Options& o) { o.integers(key, {}); },
         "m.toml:1:9: a = 1 stands in the list twice; once is enough"},
        {"a = [\"top\"]", [](Options& o) { o.words(key, {}, sides); },
         "m.toml:1:6: a = \"top\" is unknown; allowed: a list of words out of \"left\", \"right\""},
        {"a = 3", [](Options& o) { o.table(key); }, "m.toml:1:1: a = 3 is not a table; [a] opens one"},
        {"a = \"least\"", [](Options& o) { o.number_or(key, "most"); },
         "m.toml:1:1: a = \"least\" is unknown; allowed: a number (ms), or \"most\""},
        {"[a]\nb = 3", [](Options& o) { o.named_tables(key); },
         "m.toml:2:1: a.b = 3 is not a table; [a.b] opens one"},
        {"[a.\"1 b\"]", [](Options& o) { o.named_tables(key); },
         "m.toml:1:4: a \"1 b\" is not a name; a letter, then letters, digits, _ and - make one"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(message(c.text, c.read) == c.message);
    }
}

TEST_CASE("values that will do are returned and noted, and defaults where there are none") {
    const Node root = parse_model(
        "whole = 1e3\nboth = \"most\"\nper_unit = [1, 2.5]\nwords = [\"x\"]\nids = [4.0]\nout = \"x/../y\"",
        "m.toml");
    Document document(root, "/models");
    Options o = document.root();
    CHECK(o.integer({"whole", "", ""}, 1) == 1000);
    CHECK_FALSE(o.number_or({"both", "", ""}, "most").has_value());
    CHECK(o.numbers({"per_unit", "", ""}, 1.0, 2) == std::vector<float>{1.0f, 2.5f});
    CHECK(o.numbers({"all_alike", "", ""}, 0.5, 3) == std::vector<float>{0.5f, 0.5f, 0.5f});
    CHECK(o.words({"words", "", ""}, {}) == std::vector<std::string>{"x"});
    CHECK(o.integers({"ids", "", ""}, {1}) == std::vector<std::int64_t>{4});
    CHECK(o.file({"out", "", ""}, "") == "/models/y");
    CHECK(o.file({"nowhere", "", ""}, "").empty());
    CHECK(std::isnan(o.number({"nothing", "", ""}, std::numeric_limits<double>::quiet_NaN())));
    CHECK(o.flag({"on", "", ""}, true));
    CHECK(o.given("whole"));
    CHECK_FALSE(o.given("on"));
    CHECK_FALSE(o.is_table("whole"));
    CHECK_FALSE(o.is_table("on"));
    document.refuse_unknown_keys();
    // Keys without value and default leave no trace.
    CHECK(
        value_text(document.resolved()) ==
        "{ whole = 1000, both = \"most\", per_unit = [1, 2.5], all_alike = 0.5, words = [\"x\"], ids = [4], "
        "out = \"/models/y\", on = true }");
}

TEST_CASE("unknown keys are named with the nearest known one, in the order of the file") {
    const auto read = [](Options& root) {
        root.number({"rate", "", ""}, 1.0);
        Options inner = root.table({"inner", "", ""});
        inner.number({"tau_mem_ms", "", ""}, 1.0);
        for (auto& [name, table] : root.named_tables({"population", "", ""}))
            table.flag({"bias", "", ""}, true);
    };
    CHECK(message("rate = 1\n[inner]\ntau_mem_ms = 2\n[population.a]\nbias = true", read) == "");
    CHECK(message("[inner]\ntau_ms = 2", read) ==
          "m.toml:2:1: [inner]: unknown key \"tau_ms\"; did you mean \"tau_mem_ms\"?");
    CHECK(message("[population.a]\n [population.b]\nbais = true", read) ==
          "m.toml:3:1: population \"b\": unknown key \"bais\"; did you mean \"bias\"?");
    CHECK(message("zzzzzz = 1\nqqqqqq = 2", read) ==
          "m.toml:1:1: unknown key \"zzzzzz\"; known here: inner, population, rate");
    CHECK(message("[iner]\nx = 1", read) == "m.toml:1:2: unknown key \"iner\"; did you mean \"inner\"?");
}

TEST_CASE("a kind is chosen by its name, or by a table with its keys") {
    std::unique_ptr<Shape> shape;
    const auto read = [&](Options& root) {
        shape = root.make<Shape>({"shape", "", "what it looks like"}, "circle", {});
    };
    REQUIRE(message("", read) == "");
    CHECK(shape->size == 1.0);
    REQUIRE(message("shape = \"circle\"", read) == "");
    CHECK(shape->size == 1.0);
    REQUIRE(message("shape = { kind = \"circle\", radius = 2 }", read) == "");
    CHECK(shape->size == 2.0);
    REQUIRE(message("shape.radius = 3", read) == "");  // the kind is the default one
    CHECK(shape->size == 3.0);
    REQUIRE(message("[shape]\nkind = \"outline\"\npath = \"o.txt\"", read) == "");
    CHECK(shape->name == "/models/o.txt");

    CHECK(message("shape = \"cicle\"", read) ==
          "m.toml:1:1: shape = \"cicle\" is unknown; did you mean \"circle\"? allowed: one of \"circle\", "
          "\"outline\"");
    CHECK(message("shape = { kind = 1 }", read) ==
          "m.toml:1:11: shape.kind = 1 is not a word; allowed: one of \"circle\", \"outline\", as in "
          "kind = \"circle\"");
    CHECK(message("shape = { radius = 2, raduis = 3 }", read) ==
          "m.toml:1:23: [shape]: unknown key \"raduis\"; did you mean \"radius\"?");
    CHECK(message("shape = \"outline\"", read) ==
          "m.toml:1:1: shape.path is missing; needed: a path in quotes, file with the outline");
    CHECK(message("shape = { radius = 0 }", read) ==
          "m.toml:1:11: shape.radius = 0 is out of range; allowed: a number, any value above 0 mm");
}

TEST_CASE("a key that takes text or a table is told apart without a fault") {
    const auto read = [](std::string_view text) {
        const Node root = parse_model(text, "m.toml");
        Document document(root, "/models");
        document.collect_faults();  // so that a getter of the other type would leave one
        Options options = document.root();
        const bool is_table = options.is_table("train");
        if (is_table) options.table({"train", "", ""}).required_file({"x", "", ""});
        if (!is_table) options.required_file({"train", "", ""});
        document.refuse_unknown_keys();
        return is_table;
    };
    CHECK_FALSE(read("train = \"a.npz\""));
    CHECK(read("train = { x = \"x.npy\" }"));
    CHECK(read("[train]\nx = \"x.npy\""));
    CHECK_THROWS_AS(read("train = 3"), ModelError);
    CHECK_THROWS_AS(read("train = {}"), ModelError);
}

TEST_CASE("a kind in line has its keys beside its name") {
    std::unique_ptr<Shape> shape;
    const auto read = [&](Options& root) {
        shape = root.make_inline<Shape>({"shape", "", ""}, "circle", {});
    };
    REQUIRE(message("shape = \"circle\"\nradius = 2", read) == "");
    CHECK(shape->size == 2.0);
    CHECK(message("shape = { kind = \"circle\" }", read) ==
          "m.toml:1:1: shape = { kind = \"circle\" } is a table; write shape = \"circle\" and the other keys "
          "beside it");
    CHECK(message("shape = \"outline\"\npath = \"p\"\nradius = 1", read) ==
          "m.toml:3:1: unknown key \"radius\"; known here: path, shape");
}

TEST_CASE("rejections and conflicts name keys with their values and places") {
    const auto reject = [](Options& root) {
        Options t = root.table({"t", "", ""});
        t.number({"x", "", ""}, 5.0);
        t.reject("x", "is no good; 4 is");
    };
    CHECK(message("[t]\nx = 3", reject) == "m.toml:2:1: t.x = 3 is no good; 4 is");
    CHECK(message("[t]", reject) == "m.toml:1:2: t.x = 5.0 (the default) is no good; 4 is");
    const auto conflict = [](Options& root) {
        Options t = root.table({"t", "", ""}), u = root.table({"u", "", ""});
        t.conflict("x", u, "y", "both say how long");
    };
    CHECK(message("[t]\nx = 3\n[u]\n\ny = 4", conflict) ==
          "m.toml:2:1: t.x = 3 does not go with u.y = 4 (m.toml:5:1): both say how long");
}

TEST_CASE("describing documents every key of every kind, and reads nothing") {
    Document document;
    Options root = document.root();
    CHECK(root.describing());
    CHECK(root.make<Shape>({"shape", "", "what it looks like"}, "circle", {})->size == 1.0);
    CHECK(root.number_or({"v", "ms", "a number"}, "max", Bounds::between(0.0, 2.0)) == std::nullopt);
    for (auto& [name, table] : root.named_tables({"population", "", "many"}))
        table.flag({"bias", "", "b"}, true);

    const auto& docs = document.docs();
    REQUIRE(docs.size() == 6);
    CHECK(docs[0].path == "shape");
    CHECK(docs[0].allowed == std::vector<std::string>{"circle", "outline"});
    CHECK(docs[0].default_text == "\"circle\"");
    CHECK(docs[1].path == "shape.radius");
    CHECK(docs[1].only_for == std::vector<std::pair<std::string, std::string>>{{"shape", "circle"}});
    CHECK(docs[2].path == "shape.path");
    CHECK(docs[2].required);
    CHECK(docs[3].default_text == "\"max\"");
    CHECK(allowed_text(docs[3]) == "a number, 0 to 2 ms, or \"max\"");
    CHECK(docs[4].path == "population.*");
    CHECK(docs[5].path == "population.*.bias");
    CHECK(docs[5].default_text == "true");
}

TEST_CASE("nearest finds typing errors and keeps quiet where nothing is near") {
    const std::vector<std::string> known{"rate", "beta", "tau_mem_ms", "dt_ms", "batch_size", "threshold"};
    CHECK(nearest("bta", known) == "beta");
    CHECK(nearest("ebta", known) == "beta");
    CHECK(nearest("BETA", known) == "beta");
    CHECK(nearest("tau_ms", known) == "tau_mem_ms");
    CHECK(nearest("dt", known) == "dt_ms");
    CHECK(nearest("batch", known) == "batch_size");
    CHECK(nearest("learning_rate", known) == "rate");
    CHECK(nearest("treshold", known) == "threshold");
    CHECK(nearest("momentum", known) == std::nullopt);
    CHECK(nearest("x", known) == std::nullopt);
    CHECK(nearest("b", std::vector<std::string>{"a"}) == std::nullopt);
    CHECK(nearest("", known) == std::nullopt);
    CHECK(nearest(std::string(1 << 20, 'b'), known) == std::nullopt);
}

TEST_CASE("bounds say what they allow") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(Bounds{}.allows(-1e300));
    CHECK_FALSE(Bounds{}.allows(inf));
    CHECK_FALSE(Bounds{}.allows(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(Bounds::positive().allows(0.0));
    CHECK(Bounds::positive().allows(5e-324));
    CHECK(Bounds::between(0, 1).allows(0.0));
    CHECK(Bounds::between(0, 1).allows(1.0));
    CHECK_FALSE(Bounds{.most = 1.0, .most_is_allowed = false}.allows(1.0));
    CHECK(Bounds{}.text() == "any value");
    CHECK(Bounds::positive().text() == "any value above 0");
    CHECK(Bounds::at_least(1).text() == "1 or more");
    CHECK(Bounds::between(1, 1'000'000).text() == "1 to 1000000");
    CHECK(Bounds{.least = 0, .most = 1, .most_is_allowed = false}.text() == "from 0 and below 1");
}
