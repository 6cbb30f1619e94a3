/// The contract as an AsyncAPI 3.0.0 document, for people and generators. It describes the contract as it was born;
/// a configured prefix or queue group is not in it.
package enum AsyncAPIDocument {
    /// The document's YAML, in UTF-8.
    package static var yaml: [UInt8] { PackageResources.asyncapi_yaml }
}
