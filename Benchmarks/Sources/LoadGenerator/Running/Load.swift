import Synchronization

/// Runs a plan: threads, their connections, the common clock, and one result of all.
package struct Load: Sendable {
    package let address: ServerAddress

    package init(address: ServerAddress) {
        self.address = address
    }

    /// Blocks for as long as the run takes. `progress` can be read from another thread meanwhile.
    package func run(
        _ plan: RunPlan, material: Material, progress: Progress = Progress()
    ) throws(LoadError) -> RunResult {
        try plan.check()
        // Refused here, with the address at hand, rather than by every thread.
        let server = try WireConnection(to: address, inboxPrefix: plan.inboxPrefix).serverInformation
        // Connecting takes its time, and no thread may start late.
        let connecting = UInt64(plan.connections) * 2_000_000 + 50_000_000
        let times = RunTimes(plan, start: monotonicNanoseconds() + connecting)
        let collector = Collector()
        var threads: [@Sendable () -> Void] = []
        for part in 0..<plan.threads {
            threads.append {
                collector.add(outcome(of: part, plan, times, material, progress))
            }
        }
        // This thread is the last of them.
        try Self.runAll(threads[...])
        return RunResult(plan: plan, times: times, server: server.version, outcomes: try collector.outcomes())
    }

    private static func runAll(_ bodies: ArraySlice<@Sendable () -> Void>) throws(LoadError) {
        guard let first = bodies.first else { return }
        if bodies.count == 1 { return first() }
        let thread = try LoadThread(first)
        try runAll(bodies.dropFirst())
        thread.join()
    }

    private func outcome(
        of part: Int, _ plan: RunPlan, _ times: RunTimes, _ material: Material, _ progress: Progress
    ) -> Result<WorkerOutcome, LoadError> {
        do throws(LoadError) {
            var connections: [WireConnection] = []
            let mine = plan.connections * (part + 1) / plan.threads - plan.connections * part / plan.threads
            for _ in 0..<mine {
                connections.append(try WireConnection(to: address, inboxPrefix: plan.inboxPrefix))
            }
            if case .flood(let rate) = plan.pace {
                let worker = FloodWorker(
                    plan: plan, times: times, connections: connections, material: material, part: part, progress: progress)
                try worker.run(rate: rate)
                return .success(worker.outcome)
            }
            let worker = Worker(
                plan: plan, times: times, connections: connections, material: material, part: part, progress: progress)
            try worker.run()
            return .success(worker.outcome)
        } catch {
            return .failure(error)
        }
    }

    private final class Collector: Sendable {
        private let results = Mutex<[Result<WorkerOutcome, LoadError>]>([])

        func add(_ result: Result<WorkerOutcome, LoadError>) {
            results.withLock { $0.append(result) }
        }

        func outcomes() throws(LoadError) -> [WorkerOutcome] {
            var outcomes: [WorkerOutcome] = []
            for result in results.withLock({ $0 }) { outcomes.append(try result.get()) }
            return outcomes
        }
    }
}
