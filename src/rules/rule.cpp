#include "rules/rule.hpp"

#include "rules/backprop.hpp"
#include "rules/forward_forward.hpp"

namespace snnff {

std::unique_ptr<Rule> make_rule(const LearningSpec& learning, Network& network, bool input_varies) {
    if (learning.rule == LearningRule::backprop)
        return std::make_unique<Backprop>(learning, network, input_varies);
    return std::make_unique<ForwardForward>(learning, network);
}

}  // namespace snnff
