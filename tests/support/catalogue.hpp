#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "util/error.hpp"
#include "util/file.hpp"

namespace convoy::test {

/// An error as one text: place, key, message and hint, further problems on lines of their own.
inline std::string describe(const util::Error& error) {
    std::string text;
    if (error.where()) text += std::to_string(error.where()->line) + ":" + std::to_string(error.where()->column) + ": ";
    if (!error.key().empty()) text += error.key() + ": ";
    text += error.message();
    if (!error.hint().empty()) text += "\nhint: " + error.hint();
    for (const util::Error& further : error.further()) text += "\n" + describe(further);
    return text;
}

/// What `read` has to say about a file: describe() of its error, or "accepted".
inline std::string complaint(const std::function<void(const util::FileView&)>& read, const std::string& path) {
    try {
        read(util::FileView::open(path));
        return "accepted";
    } catch (const util::Error& error) {
        return (error.code() == util::Errc::data ? "" : "not a data error: ") + describe(error);
    }
}

/// Reads every tests/data/<kind>/bad/*.yaml and compares the error with the .txt beside it. With CONVOY_APPROVE in the
/// environment the .txt is rewritten instead, for review.
inline void check_catalogue(const std::string& kind, const std::function<void(const util::FileView&)>& read) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(CONVOY_TEST_DATA "/" + kind + "/bad")) {
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    REQUIRE_FALSE(files.empty());
    for (const std::filesystem::path& file : files) {
        const std::filesystem::path wanted = std::filesystem::path(file).replace_extension(".txt");
        if (std::getenv("CONVOY_APPROVE")) std::ofstream(wanted) << complaint(read, file.string()) << "\n";
        std::ifstream expected(wanted);
        std::stringstream text;
        text << expected.rdbuf();
        INFO(file.filename().string());
        CHECK(complaint(read, file.string()) + "\n" == text.str());
    }
}

}  // namespace convoy::test
