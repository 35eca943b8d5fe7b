// What a program may add to the catalogue, and when. The order of these lines matters: the catalogue of a
// process is closed once and for all.
#include "snnff/catalogue.hpp"

#include <memory>
#include <string>

#include "catch.hpp"
#include "snnff/error.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

using namespace snnff;

namespace {

std::unique_ptr<Schedule> make_mine(Options&, const Context&) {
    struct Mine final : Schedule {
        double factor(double) const noexcept override { return 0.25; }
    };
    return std::make_unique<Mine>();
}

std::string refusal(const std::string& name) {
    try {
        catalogue().add<Schedule>(name, "a schedule", make_mine);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "taken";
}

}  // namespace

TEST_CASE("a program adds kinds under free names, until the first model is read") {
    REQUIRE(refusal("mine_2") == "taken");
    CHECK(refusal("mine_2") == "catalogue: there is a schedule mine_2 already; give yours another name");
    CHECK(refusal("cosine") == "catalogue: there is a schedule cosine already; give yours another name");
    for (const std::string name : {"", "Mine", "2nd", "my kind", "my-kind", "größe"}) {
        CAPTURE(name);
        CHECK(refusal(name).find("is no name; lower-case letters, digits and _") != std::string::npos);
    }
    CHECK(catalogue().added() == std::vector<std::string>{"schedule mine_2"});

    const Family<Schedule> all = kinds<Schedule>();
    CHECK(all.names().back() == "mine_2");
    CHECK(all.summaries().back() == "a schedule");
    CHECK(all.names().front() == "constant");
    CHECK(refusal("later") ==
          "catalogue: schedule later comes too late; kinds are added before the first model is read");
    CHECK(kinds<Schedule>().size() == all.size());
}
