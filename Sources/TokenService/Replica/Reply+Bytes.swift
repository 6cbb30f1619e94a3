import NATSTransport
import StrictJSON

// A span into a class's array cannot leave the access to it; handed over as an argument, the access lasts for the call.

extension Reply {
    consuming func send(_ bytes: [UInt8]) {
        send(bytes.rawSpan)
    }

    consuming func sendError(code: Int, text: String, body: [UInt8]) {
        sendError(code: code, text: text, body: body.rawSpan)
    }
}

extension DeferredReply {
    consuming func send(_ bytes: [UInt8]) {
        send(bytes.rawSpan)
    }

    consuming func sendError(code: Int, text: String, body: [UInt8]) {
        sendError(code: code, text: text, body: body.rawSpan)
    }
}
