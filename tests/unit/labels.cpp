#include "data/labels.hpp"

#include <array>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/array_axes.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

using namespace snnff;

namespace {

using Classes = std::vector<std::int32_t>;
using Names = std::vector<std::string>;
using Shape = std::vector<std::uint64_t>;

Node words(const Names& names) {
    Node::Array array;
    for (const std::string& name : names) array.push_back(Node{name, {}});
    return {array, {}};
}

template <class Keys, class... Further>
Keys keys(Node::Table table, Further... further) {
    const Node root{std::move(table), {}};
    Document document(root, ".");
    Options options = document.root();
    return Keys(options, further...);
}

template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("numbers in any shape with one long axis are labels, one-hot rows and columns are positions") {
    const std::vector<double> three{2, 0, 1};
    const LabelKeys plain = keys<LabelKeys>({});
    for (const Shape& shape : {Shape{3}, Shape{1, 3}, Shape{3, 1}, Shape{1, 3, 1}})
        CHECK(plain.classes_of("f", labels_in("f", three, shape, "x", 3), 3) == Classes{2, 0, 1});
    const std::vector<double> rows{0, 0, 1, 1, 0, 0}, columns{0, 1, 0, 0, 1, 0};  // of classes 2 and 0
    CHECK(plain.classes_of("f", labels_in("f", rows, Shape{2, 3}, "x", 2), 2) == Classes{2, 0});
    CHECK(plain.classes_of("f", labels_in("f", columns, Shape{3, 2}, "x", 2), 2) == Classes{2, 0});
    const std::vector<double> two_ones{0, 1, 1, 1, 0, 0}, halves{0, 0, 1, 0.5, 0.5, 0};
    CHECK(contains(message_of([&] {
                       labels_in("f", two_ones, Shape{2, 3}, "x", 2);
                   }),
                   "sample 0 has 2 ones"));
    CHECK(contains(message_of([&] {
                       labels_in("f", halves, Shape{2, 3}, "x", 2);
                   }),
                   "sample 1 has other numbers"));
    const std::vector<double> fraction{0, 1.5, 2};
    CHECK(contains(message_of([&] { labels_in("f", fraction, Shape{3}, "x", 3); }),
                   "sample 1 has the label 1.5"));
    CHECK(contains(message_of([&] { labels_in("f", three, Shape{3}, "x", 4); }), "so [4] is expected"));
}

TEST_CASE("numbers count from data.first_label, or are looked up where data.classes names numbers") {
    const std::vector<double> thousands{1001, 1003, 1002}, signs{-1, 1, -1}, tens{10, 10, 300};
    const auto found = [](const std::vector<double>& numbers) {
        return labels_in("f", numbers, Shape{numbers.size()}, "x", numbers.size());
    };
    const LabelKeys plain = keys<LabelKeys>({});
    CHECK(keys<LabelKeys>({{"first_label", Node{std::int64_t{1001}, {}}}})
              .classes_of("f", found(thousands), 3) == Classes{0, 2, 1});
    CHECK(contains(message_of([&] { plain.classes_of("f", found(thousands), 3); }),
                   "sample 0 has the label 1001; labels lie in 0 to 255; data.first_label = 1001 would do"));
    CHECK(contains(message_of([&] { plain.classes_of("f", found(signs), 3); }),
                   R"(data.classes = ["-1", "1"] would do)"));
    CHECK(contains(message_of([&] { plain.classes_of("f", found(tens), 3); }),
                   R"(data.classes = ["10", "300"] would do)"));
    const LabelKeys named = keys<LabelKeys>({{"classes", words({"-1", "1"})}});
    CHECK(named.classes_of("f", found(signs), 3) == Classes{0, 1, 0});
    CHECK(named.names_of(found(signs)) == Names{"-1", "1"});
    CHECK(contains(message_of([&] { named.classes_of("f", found(tens), 3); }), "\"10\", which is no class"));
    // Where classes have names of another kind, a number is a class.
    const LabelKeys words_named = keys<LabelKeys>({{"classes", words({"no", "yes"})}});
    const std::vector<double> bits{1, 0, 1};
    CHECK(words_named.classes_of("f", found(bits), 3) == Classes{1, 0, 1});
}

TEST_CASE("names become classes in ascending order, whichever samples are asked for") {
    const LabelKeys plain = keys<LabelKeys>({});
    const FoundLabels pets = labels_in("f", Names{"eel", "cat  ", "dog", "cat"});
    CHECK(plain.classes_of("f", pets, 2) == Classes{2, 0});
    CHECK(plain.names_of(pets) == Names{"cat", "dog", "eel"});
    CHECK(plain.names_of(labels_in("f", Names{"10", "9", "b", "a"})) == Names{"9", "10", "a", "b"});
    const LabelKeys given = keys<LabelKeys>({{"classes", words({"eel", "dog", "cat", "fox"})}});
    CHECK(given.classes_of("f", pets, 4) == Classes{0, 2, 1, 2});
    CHECK(contains(message_of([&] {
                       given.classes_of("f", labels_in("f", Names{"eel", "owl"}), 2);
                   }),
                   R"(sample 1 has the label "owl", which is no class; there are "eel", "dog")"));
    CHECK(contains(message_of([] { labels_in("f", Names{"eel", " "}); }), "sample 1 has an empty label"));
}

TEST_CASE("the same name is the same class in every data set") {
    Dataset test;
    test.label = {0, 1, 0};
    test.class_names = {"dog", "eel"};
    align_classes(test, {"cat", "dog", "eel"});
    CHECK(test.label == Classes{1, 2, 1});
    CHECK(test.class_names == Names{"cat", "dog", "eel"});
    test.class_names = {"cat", "dog", "owl"};
    CHECK(contains(message_of([&] {
                       align_classes(test, {"cat", "dog", "eel"});
                   }),
                   R"(sample 1 has the label "owl", which no training sample has)"));
    CHECK(
        contains(message_of([&] { align_classes(test, {}); }), "those of the training samples are numbers"));
}

TEST_CASE("axes are taken as they are named, and guessed only where one guess is possible") {
    const auto laid = [](const Names& axes, const Shape& shape, const Shape& labels, bool bytes = false) {
        return keys<AxesKey>({{"axes", words(axes)}}, std::uint64_t{5}).layout("f", shape, labels, bytes);
    };
    const auto refused = [&](const Names& axes, const Shape& shape, const Shape& labels, bool bytes = false) {
        return message_of([&] { laid(axes, shape, labels, bytes); });
    };
    const auto is = [](const ArrayLayout& found, Shape sizes, bool as_stored) {
        return Shape{found.n_samples, found.n_steps, found.n_inputs} == sizes && found.as_stored == as_stored;
    };
    CHECK(is(laid({}, {60, 36}, {60}), {60, 1, 36}, true));
    CHECK(is(laid({}, {60, 5, 7}, {60}), {60, 5, 7}, true));
    CHECK(laid({}, {60, 5, 7}, {60}).over_time);
    CHECK(is(laid({}, {60, 1, 36}, {60}), {60, 1, 36}, true));
    CHECK(is(laid({}, {1, 60, 36}, {60}), {60, 1, 36}, true));
    for (const Shape& grey : {Shape{60, 1, 6, 4}, Shape{60, 6, 4, 1}}) {
        CHECK(is(laid({}, grey, {60}), {60, 1, 24}, true));
        CHECK(laid({}, grey, {60}).image_rows == 6);
        CHECK(laid({}, grey, {60}).image_cols == 4);
    }
    CHECK(contains(refused({}, {60, 6, 6}, {60}),
                   R"(images of 6 x 6 pixels are read with data.axes = ["sample")"));
    CHECK(contains(refused({}, {60, 5, 5}, {60}, true), "a series with data.axes"));
    CHECK(laid({}, {60, 5, 5}, {60}, false).over_time);
    CHECK(contains(refused({}, {36, 60}, {60}), R"(data.axes = ["feature", "sample"] would do)"));
    CHECK(contains(refused({}, {60, 8, 8, 3}, {60}), R"(["sample", "row", "column", "channel"] would do)"));
    CHECK(contains(refused({}, {60, 3, 8, 8}, {60}), R"(["sample", "channel", "row", "column"] would do)"));

    CHECK(is(laid({"feature", "sample"}, {36, 60}, {60}), {60, 1, 36}, false));
    CHECK(is(laid({"sample", "row", "column", "channel"}, {60, 8, 8, 3}, {60}), {60, 1, 192}, false));
    CHECK(laid({"sample", "row", "column"}, {60, 5, 5}, {60}, true).image_rows == 5);
    CHECK(laid({"sample", "feature", "step"}, {60, 7, 5}, {60}).n_inputs == 7);
    CHECK(contains(refused({"sample", "step", "feature"}, {60, 6, 7}, {60}), "time.steps = 6 would do"));
    CHECK(contains(refused({"step", "feature"}, {60, 6}, {60}), "names no \"sample\""));
    CHECK(contains(refused({"sample", "row"}, {60, 6}, {60}), "images have both"));
}

TEST_CASE("an array whose axes lie otherwise is taken sample by sample, channel by channel") {
    // value = 1000 sample + 100 channel + 10 row + column
    const Shape shape{2, 3, 2, 4};  // row, column, channel, sample
    std::vector<float> stored;
    for (int row = 0; row < 2; ++row)
        for (int column = 0; column < 3; ++column)
            for (int channel = 0; channel < 2; ++channel)
                for (int sample = 0; sample < 4; ++sample)
                    stored.push_back(static_cast<float>(1000 * sample + 100 * channel + 10 * row + column));
    const auto layout =
        keys<AxesKey>({{"axes", words({"row", "column", "channel", "sample"})}}, std::uint64_t{1})
            .layout("f", shape, Shape{4}, false);
    Matrix taken(3, 12);
    take_in_order(layout, shape, stored, 3, MatrixView(taken.data(), 3, 12));
    std::size_t i = 0;
    for (int sample = 0; sample < 3; ++sample)
        for (int channel = 0; channel < 2; ++channel)
            for (int row = 0; row < 2; ++row)
                for (int column = 0; column < 3; ++column)
                    CHECK(taken.values()[i++] ==
                          static_cast<float>(1000 * sample + 100 * channel + 10 * row + column));
}
