/// Waits until `condition` holds, at most so long; returns whether it does. Asks every millisecond and yields the
/// thread in between, so that a test waits for a fact and never for a guess of how long it takes.
package func eventually(within limit: Duration = .seconds(10), _ condition: () throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return try condition()
}
