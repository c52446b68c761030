#include <fmt/format.h>

#include <optional>

#include "cli/table.hpp"
#include "partition/dipm_times.hpp"
#include "partition/goal.hpp"
#include "partition/jobs.hpp"
#include "partition/proposals.hpp"
#include "partition/task.hpp"
#include "util/log.hpp"

namespace convoy::tools {

namespace {

std::string milliseconds_text(util::Seconds time) { return fmt::format("{:.4g} ms", util::milliseconds(time)); }

/// @throws Error usage for a format that the job does not have
yaml::Format document_format(const cli::Options& options) {
    const std::string format = options.optional_text("format").value_or("yaml");
    if (format == "json") return yaml::Format::json;
    if (format != "yaml") throw options.error("format", "a plan is yaml or json", "--compare prints tables");
    return yaml::Format::yaml;
}

/// Whether a plan gains enough; says so when it does not.
bool gains_enough(const cli::Options& options, const cost::Prediction& prediction, const cost::Prediction& alone) {
    if (!options.has("require-gain")) return true;
    const double required = options.percentage("require-gain");
    const double gain = 1 - prediction.latency() / alone.latency();
    if (gain >= required) return true;
    util::log_warning("nothing is written: the plan gains {:.1f} % over the best single device, {:.1f} % are required",
                      100 * gain, 100 * required);
    return false;
}

std::string table_text(const cost::Comparison& comparison, cli::TableFormat format) {
    cli::Table table({"strategy", "latency_ms", "frames_per_s", "to_best_device", "to_bound", "bytes", "messages",
                      "rounds", "redundant_mflop", "peak_memory_bytes"});
    for (const cost::ComparisonRow& row : comparison.strategies) {
        table.add({row.strategy, cli::Table::fixed(util::milliseconds(row.latency), 3),
                   cli::Table::fixed(row.throughput_per_s, 2),
                   row.ratio_to_best_device ? cli::Table::fixed(*row.ratio_to_best_device, 3) : cli::Table::Cell(""),
                   cli::Table::fixed(row.ratio_to_bound, 3), row.bytes.value, row.messages, row.rounds,
                   cli::Table::fixed(row.redundant.value / 1e6, 2), row.peak_memory.value});
    }
    std::string text = table.to_string(format);
    if (format == cli::TableFormat::csv) {
        for (const cost::LeftOut& left_out : comparison.left_out) {
            util::log_warning("{}: no plan: {}", left_out.strategy, left_out.reason);
        }
        return text;
    }
    const std::string bullet = format == cli::TableFormat::markdown ? "- " : "";
    const std::string alone =
        comparison.best_device_latency
            ? fmt::format("'{}', {}", comparison.best_device, milliseconds_text(*comparison.best_device_latency))
            : "none has memory for the whole model";
    text += fmt::format("\n{}best single device: {}\n{}lower bound of every plan: {}\n", bullet, alone, bullet,
                        milliseconds_text(comparison.lower_bound));
    for (const cost::ComparisonRow& row : comparison.strategies) {
        if (!row.note.empty()) text += fmt::format("{}{}: {}\n", bullet, row.strategy, row.note);
    }
    for (const cost::LeftOut& left_out : comparison.left_out) {
        text += fmt::format("{}{}: no plan: {}\n", bullet, left_out.strategy, left_out.reason);
    }
    return text;
}

/// What the paper on depth input partitioning tells of each distributed layer.
void log_five_times(const partition::Problem& problem, const partition::Proposal& proposal) {
    if (proposal.strategy != "dipm") return;
    for (const auto& [stage, times] :
         partition::dipm_stage_times(proposal.plan, problem.graph, proposal.prediction.timeline)) {
        const graph::OperatorId op = proposal.plan.routes.front().stages[stage].last;
        util::log_info("{} on {} workers: T_part {}, T_tx {}, T_edge {}, T_rx {}, T_join {}", problem.graph.op(op).name,
                       times.workers, milliseconds_text(times.part), milliseconds_text(times.tx),
                       milliseconds_text(times.edge), milliseconds_text(times.rx), milliseconds_text(times.join));
    }
}

}  // namespace

int write_plan_file(const cli::Options& options) {
    const yaml::Format format = document_format(options);
    const std::vector<partition::Choice> chosen = chosen_strategies(options);
    if (chosen.size() != 1) {
        throw options.error("strategy", chosen.empty() ? "is needed" : "only one makes a plan",
                            "--compare shows what each of them comes to");
    }
    Task task(options);
    partition::Problem problem = task.problem();
    const partition::Choice& choice = chosen.front();
    std::optional<Search> search;
    if (choice.strategy->name == "auto") {
        search.emplace(options);
        problem.go_on = [&](double done) { return search->go_on(done); };
    }
    partition::Proposals proposals(problem);
    const partition::Proposal& proposal = proposals.of(choice);
    if (search) search->finish();
    if (proposal.strategy != choice.strategy->name) {
        util::log_info("{} takes the plan of {}", choice.name(), proposal.strategy);
    }
    // Where no single device has the memory, any plan gains.
    if (const auto best = best_device(problem)) {
        const std::string note = faster_alone(problem, proposal.prediction, *best);
        if (!note.empty()) util::log_warning("{}", note);
        if (!gains_enough(options, proposal.prediction, best->proposal.prediction)) return 1;
    }
    util::write_file(options.output(),
                     plan::write_plan(document(problem, task.files, choice.name(), proposal), problem.graph, format));
    util::log_info("predicted latency {}", milliseconds_text(proposal.prediction.latency()));
    log_five_times(problem, proposal);
    if (search) Search::throw_if_interrupted();
    return 0;
}

int compare_strategies(const cli::Options& options) {
    for (const char* name : {"require-gain", "time-budget"}) {
        if (options.has(name)) throw options.error(name, "is for a plan, not for --compare");
    }
    const std::vector<partition::Choice> chosen = chosen_strategies(options);
    Task task(options);
    const partition::Problem problem = task.problem();
    std::optional<Scenario> before;
    std::optional<partition::Proposals> kept;
    if (options.flag("keep-plan")) {
        before.emplace(problem, latency::Bed::read(limit_memory(task.cluster(), options)));
        kept.emplace(before->problem());
    }
    std::optional<cli::Progress> progress(std::in_place, options, "planning", 1);
    const cost::Comparison comparison =
        compare(problem, task.files, chosen.empty() ? partition::all_choices() : chosen, kept ? &*kept : nullptr,
                [&](std::size_t done, std::size_t all) { progress->update(done, all); });
    progress.reset();
    const std::string format = options.optional_text("format").value_or("text");
    if (format == "yaml" || format == "json") {
        util::write_file(options.output(), cost::write_comparison(comparison, document_format(options)));
    } else {
        util::write_file(options.output(), table_text(comparison, cli::table_format(format)));
    }
    return 0;
}

}  // namespace convoy::tools
