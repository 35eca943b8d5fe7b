// Somebody else's program: explains a key of the model file through the installed library.
#include <iostream>
#include <snnff/model_spec.hpp>

int main() {
    for (const snnff::KeyDoc& key : snnff::model_keys()) {
        if (key.path == "time.steps") return std::cout << key.path << ": " << key.meaning << '\n', 0;
    }
    return 1;
}
