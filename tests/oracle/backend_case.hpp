#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "pieces.hpp"

namespace convoy::test {

/// What became of one backend test case of ONNX.
struct Outcome {
    enum class Kind {
        right,    ///< the outputs are those that the case expects
        wrong,    ///< others, or a failure that is no refusal
        refused,  ///< a data error
    } kind = Kind::refused;
    std::string detail;  ///< how it differs, or why it was refused
};

/// A folder with model.onnx and test_data_set_*/{input,output}_*.pb.
struct BackendCase {
    std::string name;             ///< group/folder
    std::set<std::string> types;  ///< of its operators
    Outcome fed;                  ///< every input fed at run time
    Outcome bound;                ///< all but the first are constants of the model; as `fed` when there is only one
    Pieces pieces;                ///< of the ways of these two that run
    [[nodiscard]] bool runs() const { return fed.kind == Outcome::Kind::right || bound.kind == Outcome::Kind::right; }
    [[nodiscard]] bool wrong() const { return fed.kind == Outcome::Kind::wrong || bound.kind == Outcome::Kind::wrong; }
};

/// Reads a case, runs it both ways on each of its data sets, whole and in pieces, and compares.
[[nodiscard]] BackendCase run_backend_case(const std::filesystem::path& folder);

}  // namespace convoy::test
