#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convoy::util {

/// What went wrong, as far as a caller or a script can act on it. exit_code() maps each to its exit status.
enum class Errc {
    usage,          ///< bad command line
    data,           ///< malformed or inconsistent data file
    no_input,       ///< an input does not exist or cannot be opened
    unavailable,    ///< a peer or device cannot be reached, or was lost
    internal,       ///< a bug in convoy
    cannot_create,  ///< an output cannot be created
    io,             ///< reading or writing failed
    closed_output,  ///< the reader of stdout went away; nothing is printed
    timed_out,      ///< the user's own time limit; trying again may help
    protocol,       ///< a peer's hello disagrees: wire version, plan or model
    permission,     ///< permission denied
    impossible,     ///< well-formed settings that cannot be met
    interrupted,    ///< Ctrl-C
};

/// The exit status of a tool that ends with this error: 64 to 78 as in sysexits.h, 130 when interrupted.
[[nodiscard]] int exit_code(Errc code) noexcept;

/// A place in a text file. Line and column start at 1.
struct SourcePos {
    std::string file;
    int line{};
    int column{};
};

/// The one exception type of convoy. Its parts are printed by cli as
/// `tool: error: file:line:column: key: message`, the source line with a caret, and the hint.
class Error : public std::exception {
  public:
    Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

    Error& at(SourcePos where) & { return where_ = std::move(where), *this; }
    Error&& at(SourcePos where) && { return std::move(at(std::move(where))); }
    Error& key(std::string key) & { return key_ = std::move(key), *this; }
    Error&& key(std::string key) && { return std::move(this->key(std::move(key))); }
    Error& hint(std::string hint) & { return hint_ = std::move(hint), *this; }
    Error&& hint(std::string hint) && { return std::move(this->hint(std::move(hint))); }
    /// Adds what was being done, innermost first: "while reading plan.yaml".
    Error& context(std::string line) & { return context_.push_back(std::move(line)), *this; }
    Error&& context(std::string line) && { return std::move(context(std::move(line))); }
    /// Adds a further problem of the same file, printed after this one.
    Error& also(Error other) &;

    [[nodiscard]] Errc code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::optional<SourcePos>& where() const noexcept { return where_; }
    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
    [[nodiscard]] const std::vector<std::string>& context() const noexcept { return context_; }
    [[nodiscard]] const std::vector<Error>& further() const noexcept { return further_; }
    /// The message without place, hint and context.
    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  private:
    Errc code_;
    std::string message_;
    std::optional<SourcePos> where_;
    std::string key_;
    std::string hint_;
    std::vector<std::string> context_;
    std::vector<Error> further_;
};

/// "did you mean 'x'?" for the candidate nearest to what was written, or "" when none is near.
[[nodiscard]] std::string suggestion(std::string_view written, const std::vector<std::string>& candidates);

}  // namespace convoy::util
