#include "graph/onnx_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

namespace convoy::graph::detail {
namespace {

constexpr Index kMaxIntegers = Index{1} << 20;

template <class Stored, class Number>
std::vector<Number> read_all(const Constant& constant) {
    std::vector<Number> numbers(static_cast<std::size_t>(constant.elements()));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, constant.data.data() + i * sizeof stored, sizeof stored);
        numbers[i] = static_cast<Number>(stored);
    }
    return numbers;
}

template <class Stored>
std::optional<std::string> write_all(const Values& values) {
    std::string bytes(values.size() * sizeof(Stored), '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
        if constexpr (std::is_integral_v<Stored>) {
            // 2^63 and NaN: converting them would be undefined.
            if (!values.integer && !(std::abs(values.reals[i]) < 9.2e18)) return std::nullopt;
        }
        const auto stored =
            values.integer ? static_cast<Stored>(values.integers[i]) : static_cast<Stored>(values.reals[i]);
        std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
    }
    return bytes;
}

/// Real numbers to integers by way of 64 bits: narrower conversions of what does not fit would be undefined.
Values truncated(const Values& values) {
    Values integers{.integer = true, .integers = {}, .reals = {}};
    for (const double real : values.reals) integers.integers.push_back(static_cast<Index>(real));
    return integers;
}

Values booleans(const Values& values) {
    Values flags{.integer = true, .integers = {}, .reals = {}};
    for (std::size_t i = 0; i < values.size(); ++i) {
        flags.integers.push_back(values.integer ? values.integers[i] != 0 : values.reals[i] != 0);
    }
    return flags;
}

using IntegerFunction = std::optional<Index> (*)(Index, Index);
using RealFunction = std::optional<double> (*)(double, double);
struct Operation {
    IntegerFunction integers;
    RealFunction reals;
    bool compares = false;  ///< the result is boolean
};

std::optional<Index> add(Index a, Index b) {
    return __builtin_add_overflow(a, b, &a) ? std::nullopt : std::optional(a);
}
std::optional<Index> subtract(Index a, Index b) {
    return __builtin_sub_overflow(a, b, &a) ? std::nullopt : std::optional(a);
}
std::optional<Index> multiply(Index a, Index b) {
    return __builtin_mul_overflow(a, b, &a) ? std::nullopt : std::optional(a);
}
bool divides(Index a, Index b) { return b != 0 && !(b == -1 && a == std::numeric_limits<Index>::min()); }
std::optional<Index> divide(Index a, Index b) { return divides(a, b) ? std::optional(a / b) : std::nullopt; }
std::optional<Index> power(Index a, Index b) {
    if (b < 0 || b > 62) return std::nullopt;
    Index result = 1;
    for (; b > 0; --b) {
        if (__builtin_mul_overflow(result, a, &result)) return std::nullopt;
    }
    return result;
}
/// The sign of the result is the divisor's, as in Python.
std::optional<Index> modulo(Index a, Index b) {
    if (!divides(a, b)) return std::nullopt;
    const Index rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

const std::map<std::string_view, Operation>& operations() {
    using D = std::optional<double>;
    using I = std::optional<Index>;
    static const std::map<std::string_view, Operation> table{
        {"Add", {add, [](double a, double b) -> D { return a + b; }}},
        {"Sub", {subtract, [](double a, double b) -> D { return a - b; }}},
        {"Mul", {multiply, [](double a, double b) -> D { return a * b; }}},
        {"Div", {divide, [](double a, double b) -> D { return a / b; }}},
        {"Mod", {modulo, [](double, double) -> D { return std::nullopt; }}},
        {"Pow", {power, [](double a, double b) -> D { return std::pow(a, b); }}},
        {"Min",
         {[](Index a, Index b) -> I { return std::min(a, b); },
          [](double a, double b) -> D { return std::min(a, b); }}},
        {"Max",
         {[](Index a, Index b) -> I { return std::max(a, b); },
          [](double a, double b) -> D { return std::max(a, b); }}},
        {"Equal", {[](Index a, Index b) -> I { return a == b; }, [](double a, double b) -> D { return a == b; }, true}},
        {"Less", {[](Index a, Index b) -> I { return a < b; }, [](double a, double b) -> D { return a < b; }, true}},
        {"Greater", {[](Index a, Index b) -> I { return a > b; }, [](double a, double b) -> D { return a > b; }, true}},
        {"LessOrEqual",
         {[](Index a, Index b) -> I { return a <= b; }, [](double a, double b) -> D { return a <= b; }, true}},
        {"GreaterOrEqual",
         {[](Index a, Index b) -> I { return a >= b; }, [](double a, double b) -> D { return a >= b; }, true}},
        {"And", {[](Index a, Index b) -> I { return a != 0 && b != 0; }, [](double, double) -> D { return {}; }, true}},
        {"Or", {[](Index a, Index b) -> I { return a != 0 || b != 0; }, [](double, double) -> D { return {}; }, true}},
    };
    return table;
}

const std::map<std::string_view, double (*)(double)>& real_functions() {
    static const std::map<std::string_view, double (*)(double)> table{
        {"Neg", [](double a) { return -a; }},
        {"Abs", [](double a) { return std::abs(a); }},
        {"Floor", [](double a) { return std::floor(a); }},
        {"Ceil", [](double a) { return std::ceil(a); }},
        {"Sqrt", [](double a) { return std::sqrt(a); }},
        {"Reciprocal", [](double a) { return 1 / a; }},
        {"Exp", [](double a) { return std::exp(a); }},
        {"Log", [](double a) { return std::log(a); }},
        {"Sin", [](double a) { return std::sin(a); }},
        {"Cos", [](double a) { return std::cos(a); }},
        {"Tanh", [](double a) { return std::tanh(a); }},
        {"Erf", [](double a) { return std::erf(a); }},
        {"Sigmoid", [](double a) { return 1 / (1 + std::exp(-a)); }},
        {"Relu", [](double a) { return a < 0 ? 0 : a; }},
        {"Round", [](double a) { return std::nearbyint(a); }},
    };
    return table;
}

bool is_integer(ElementType type) {
    return type != ElementType::float32 && type != ElementType::float64 && type != ElementType::float16;
}

/// The number of the element of a tensor with `steps` that meets each element of `dims`, in order.
std::vector<Index> places(const std::vector<Index>& dims, const std::vector<Index>& steps) {
    std::vector<Index> all{0};
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        std::vector<Index> wider;
        for (const Index place : all) {
            for (Index i = 0; i < dims[axis]; ++i) wider.push_back(place + i * steps[axis]);
        }
        all = std::move(wider);
    }
    return all;
}

}  // namespace

std::optional<Values> load(const Constant& constant) {
    Values values;
    values.integer = is_integer(constant.type);
    switch (constant.type) {
        case ElementType::float32:
            values.reals = read_all<float, double>(constant);
            break;
        case ElementType::float64:
            values.reals = read_all<double, double>(constant);
            break;
        case ElementType::int64:
            values.integers = read_all<std::int64_t, Index>(constant);
            break;
        case ElementType::int32:
            values.integers = read_all<std::int32_t, Index>(constant);
            break;
        case ElementType::int8:
            values.integers = read_all<std::int8_t, Index>(constant);
            break;
        case ElementType::uint8:
        case ElementType::boolean:
            values.integers = read_all<std::uint8_t, Index>(constant);
            break;
        case ElementType::float16:
            return std::nullopt;
    }
    return values;
}

std::optional<Constant> store(Draft& draft, const Values& values, ElementType type, std::vector<Index> dims) {
    if (!values.integer && is_integer(type) && type != ElementType::boolean) {
        for (const double real : values.reals) {
            if (!(std::abs(real) < 9.2e18)) return std::nullopt;
        }
        return store(draft, truncated(values), type, std::move(dims));
    }
    std::optional<std::string> bytes;
    switch (type) {
        case ElementType::float32:
            bytes = write_all<float>(values);
            break;
        case ElementType::float64:
            bytes = write_all<double>(values);
            break;
        case ElementType::int64:
            bytes = write_all<std::int64_t>(values);
            break;
        case ElementType::int32:
            bytes = write_all<std::int32_t>(values);
            break;
        case ElementType::int8:
            bytes = write_all<std::int8_t>(values);
            break;
        case ElementType::uint8:
            bytes = write_all<std::uint8_t>(values);
            break;
        case ElementType::boolean:
            bytes = write_all<std::uint8_t>(booleans(values));
            break;
        case ElementType::float16:
            break;
    }
    if (!bytes) return std::nullopt;
    return draft.own(type, std::move(dims), std::move(*bytes));
}

std::optional<std::vector<Index>> integers_of(const Constant& constant) {
    if (!is_integer(constant.type) || constant.elements() > kMaxIntegers) return std::nullopt;
    auto values = load(constant);
    return values ? std::optional(std::move(values->integers)) : std::nullopt;
}

std::optional<std::vector<Index>> broadcast_dims(const std::vector<Index>& a, const std::vector<Index>& b) {
    const std::size_t rank = std::max(a.size(), b.size());
    std::vector<Index> dims(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const Index left = i + a.size() < rank ? 1 : a[i + a.size() - rank];
        const Index right = i + b.size() < rank ? 1 : b[i + b.size() - rank];
        if (left != right && left != 1 && right != 1) return std::nullopt;
        dims[i] = left == 1 ? right : left;
    }
    return dims;
}

std::vector<Index> broadcast_steps(const std::vector<Index>& from, const std::vector<Index>& to) {
    std::vector<Index> steps(to.size(), 0);
    Index distance = 1;
    for (std::size_t i = from.size(); i-- > 0;) {
        steps[i + to.size() - from.size()] = from[i] == 1 ? 0 : distance;
        distance *= from[i];
    }
    return steps;
}

bool is_arithmetic(std::string_view type) {
    return operations().count(type) > 0 || real_functions().count(type) > 0 || type == "Not";
}

std::optional<Constant> unary(Draft& draft, std::string_view type, const Constant& input) {
    auto values = load(input);
    if (!values) return std::nullopt;
    if (type == "Not" && input.type == ElementType::boolean) {
        for (Index& flag : values->integers) flag = flag == 0;
        return store(draft, *values, input.type, input.dims);
    }
    if (type == "Neg" && values->integer) {
        for (Index& integer : values->integers) {
            if (__builtin_sub_overflow(Index{0}, integer, &integer)) return std::nullopt;
        }
        return store(draft, *values, input.type, input.dims);
    }
    const auto function = real_functions().find(type);
    if (function == real_functions().end() || values->integer) return std::nullopt;
    for (double& real : values->reals) real = function->second(real);
    return store(draft, *values, input.type, input.dims);
}

std::optional<Constant> binary(Draft& draft, std::string_view type, const Constant& a, const Constant& b) {
    const auto operation = operations().find(type);
    const auto dims = broadcast_dims(a.dims, b.dims);
    const auto left = load(a);
    const auto right = load(b);
    if (operation == operations().end() || !dims || !left || !right || a.type != b.type) return std::nullopt;
    const std::vector<Index> from_left = places(*dims, broadcast_steps(a.dims, *dims));
    const std::vector<Index> from_right = places(*dims, broadcast_steps(b.dims, *dims));
    Values result{.integer = left->integer, .integers = {}, .reals = {}};
    for (std::size_t i = 0; i < from_left.size(); ++i) {
        const auto l = static_cast<std::size_t>(from_left[i]);
        const auto r = static_cast<std::size_t>(from_right[i]);
        if (left->integer) {
            const auto value = operation->second.integers(left->integers[l], right->integers[r]);
            if (!value) return std::nullopt;
            result.integers.push_back(*value);
        } else {
            const auto value = operation->second.reals(left->reals[l], right->reals[r]);
            if (!value) return std::nullopt;
            result.reals.push_back(*value);
        }
    }
    return store(draft, result, operation->second.compares ? ElementType::boolean : a.type, *dims);
}

}  // namespace convoy::graph::detail
