/// One HTML page of runs.
package struct Report: Sendable {
    package var documents: [Document]
    package var rows: [Row] = []
    package var title: String

    package init(documents: [Document]) {
        self.documents = documents
        title = documents.first?.title ?? "token-bench"
    }

    package var html: String { "" }
}
