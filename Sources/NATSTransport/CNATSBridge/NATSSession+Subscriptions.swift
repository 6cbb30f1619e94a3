import CNATS

extension NATSSession {
    /// A polled natsSubscription. Destroyed by its session: by `forgetDrained`, or at the session's end.
    @safe struct Subscription {
        let raw: OpaquePointer
        let endpoint: Int
        let inGroup: Bool
        var isDraining = false

        // In place of an endpoint's index.
        static let inbox = -1
        static let feed = -2
    }

    func subscribe(_ endpoint: Endpoint, index: Int) throws(TransportError) {
        let raw = unsafe try subscribe(subject: endpoint.subject, queueGroup: endpoint.queueGroup)
        let subscription = unsafe Subscription(raw: raw, endpoint: index, inGroup: endpoint.queueGroup != nil)
        subscriptions.append(subscription)
    }

    /// To all subjects one token below it.
    func subscribeInbox(_ subject: String) throws(TransportError) {
        let raw = unsafe try subscribe(subject: subject + ".*", queueGroup: nil)
        inbox = unsafe Subscription(raw: raw, endpoint: Subscription.inbox, inGroup: false)
        inboxSubject = subject
    }

    /// Replaces the former one, of which nothing more comes in.
    func openFeed(_ subject: String) -> Bool {
        closeFeed()
        do throws(TransportError) {
            let raw = unsafe try subscribe(subject: subject, queueGroup: nil)
            feed = unsafe Subscription(raw: raw, endpoint: Subscription.feed, inGroup: false)
            feedSubject = subject
            return true
        } catch {
            return false
        }
    }

    /// Sends UNSUB, if there is anybody to send it to.
    func closeFeed() {
        if let feed = feed.take() { unsafe natsSubscription_Destroy(feed.raw) }
    }

    private func subscribe(subject: String, queueGroup: String?) throws(TransportError) -> OpaquePointer {
        var created: OpaquePointer?
        let status =
            if let queueGroup {
                unsafe natsConnection_QueueSubscribeSync(&created, connection, subject, queueGroup)
            } else {
                unsafe natsConnection_SubscribeSync(&created, connection, subject)
            }
        guard status == NATS_OK, let created = unsafe created else {
            throw TransportError(.send, lastError(status))
        }
        return unsafe created
    }

    /// Sends UNSUB and keeps what still comes in. Of each subscription, never `natsConnection_Drain`, which waits for
    /// polled subscriptions in vain. cnats waits on a thread of its own for the server's answer to a ping, which this
    /// loop reads like anything else.
    func drainSubscriptions(onlyGroup: Bool, timeoutMilliseconds: Int) {
        for index in subscriptions.indices
        where !subscriptions[index].isDraining && (!onlyGroup || subscriptions[index].inGroup) {
            subscriptions[index].isDraining = true
            _ = unsafe natsSubscription_DrainTimeout(subscriptions[index].raw, Int64(timeoutMilliseconds))
        }
    }

    func forgetDrained() {
        for subscription in subscriptions where subscription.isDraining {
            unsafe natsSubscription_Destroy(subscription.raw)
        }
        subscriptions.removeAll { $0.isDraining }
    }

    /// Hands every message that cnats holds to `deliver`, subscription by subscription.
    ///
    /// The number queued is asked for first: an empty poll formats an error each time. Only this thread's reads add
    /// messages, so that number is all there is. The inbox comes last: an echo tells that nothing more comes in on the
    /// drained subscriptions, and what came before it must be handled by then.
    ///
    /// `nobody` is called in the place of each answer in the inbox that says that nobody listens.
    func drainMessages(_ deliver: (consuming Message, _ endpoint: Int) -> Void, nobody: () -> Void) {
        for subscription in subscriptions { drain(subscription, deliver, nobody) }
        if let feed { drain(feed, deliver, nobody) }
        if let inbox { drain(inbox, deliver, nobody) }
    }

    private func drain(
        _ subscription: Subscription, _ deliver: (consuming Message, _ endpoint: Int) -> Void, _ nobody: () -> Void
    ) {
        var queued: UInt64 = 0
        guard unsafe natsSubscription_QueuedMsgs(subscription.raw, &queued) == NATS_OK else { return }
        while queued > 0 {
            var next: OpaquePointer?
            let status = unsafe natsSubscription_NextMsg(&next, subscription.raw, 0)
            switch status {
            case NATS_OK:
                queued -= 1
                if let next = unsafe next { deliver(unsafe Message(owning: next), subscription.endpoint) }
            case NATS_NO_RESPONDERS:
                // An empty message with a 503 status header: what a server answers for a subject on which nobody
                // listens, and what anybody can send. cnats has freed it; what is queued behind it is still there.
                queued -= 1
                if subscription.endpoint == Subscription.inbox { nobody() }
            case NATS_SLOW_CONSUMER:
                // Told once; the messages follow.
                continue
            default:
                // NATS_TIMEOUT: empty after all. Anything else: the session is gone.
                return
            }
        }
    }
}
