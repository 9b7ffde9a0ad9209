internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Updates

extension ManagementRoutes {
    /// Makes an artifact of one file (docs/protocols/mender.md 12.4, `single_file`).
    func addGenerate(to group: RouterGroup<HubContext>) {
        group.needing(.operator).post("v1/deployments/artifacts/generate") { request, context in
            guard let boundary = MultipartForm.boundary(request.headers[.contentType]) else {
                throw MenderError.unsupportedType
            }
            let form = try await UploadForm.read(
                request, boundary: boundary, fileField: "file", limit: Artifacts.generatedLimit, artifacts)
            let artifact: StoredArtifact
            do {
                let file = try GeneratedFile(form.fields)
                artifact = try await artifacts.generate(
                    file.artifact, from: form.upload, description: form.fields["description"] ?? "",
                    by: context.requester)
            } catch {
                artifacts.abandon(form.upload)
                throw error
            }
            return Response(
                status: .created,
                headers: [.location: "/\(Self.base)/v1/deployments/artifacts/\(artifact.id)"])
        }
    }
}

/// The fields of a form that describe where a file goes.
private struct GeneratedFile {
    let artifact: SingleFileArtifact

    init(_ fields: [String: String]) throws {
        guard fields["type"] == "single_file" else { throw MenderError.badRequest("type must be single_file") }
        guard let name = fields["name"], !name.isEmpty else { throw MenderError.badRequest("name must be given") }
        let types = (fields["device_types_compatible"] ?? "").split(separator: ",").map { type in
            String(type.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard !types.isEmpty else { throw MenderError.badRequest("device_types_compatible must be given") }
        guard let arguments = try? JSONValue(parsing: Array((fields["args"] ?? "").utf8)),
            let folder = arguments["dest_dir"]?.string, let file = arguments["filename"]?.string
        else { throw MenderError.badRequest("args must be JSON with dest_dir and filename") }
        artifact = SingleFileArtifact(
            name: name, deviceTypes: types, folder: folder, file: file,
            fileSystem: arguments["software_filesystem"]?.string ?? "rootfs-image",
            software: arguments["software_name"]?.string)
    }
}
