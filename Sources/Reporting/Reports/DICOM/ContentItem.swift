import DICOM
import Ingestion

/// An object of the PACS that a report points to.
public struct InstanceReference: Hashable, Sendable {
    public var sopClassUID: String
    public var sopInstanceUID: String
    public var studyUID: String
    public var seriesUID: String
    /// From 1; empty: all of the object's.
    public var frames: [Int] = []
    /// Of a segmentation.
    public var segment: Int?
}

/// One node of a structured report's content tree (PS3.3 C.17.3).
public struct ContentItem: Sendable {
    public enum Relationship: String, Sendable {
        case contains = "CONTAINS"
        case hasConceptModifier = "HAS CONCEPT MOD"
        case hasObservationContext = "HAS OBS CONTEXT"
        case hasAcquisitionContext = "HAS ACQ CONTEXT"
        case hasProperties = "HAS PROPERTIES"
        case inferredFrom = "INFERRED FROM"
    }

    public enum Value: Sendable {
        /// With the number of the template that it follows.
        case container(template: String?)
        case text(String)
        case code(CodedConcept)
        case uid(String)
        case number(Double, CodedConcept)
        /// A measurement that has no value, and why (CID 42).
        case noNumber(CodedConcept)
        case image(InstanceReference)
        case composite(InstanceReference)
    }

    /// Nil for the root.
    public var relationship: Relationship?
    public var name: CodedConcept?
    public var value: Value
    public var children: [ContentItem]

    public init(
        _ relationship: Relationship?, _ name: CodedConcept?, _ value: Value, _ children: [ContentItem] = []
    ) {
        (self.relationship, self.name, self.value, self.children) = (relationship, name, value, children)
    }

    /// The objects that this item and those below point to.
    var references: [InstanceReference] {
        let own: [InstanceReference] =
            switch value {
            case .image(let reference), .composite(let reference): [reference]
            default: []
            }
        return own + children.flatMap(\.references)
    }

    var schemes: Set<String> {
        var schemes = Set(children.flatMap(\.schemes))
        if let name { schemes.insert(name.scheme) }
        switch value {
        case .code(let code), .number(_, let code), .noNumber(let code): schemes.insert(code.scheme)
        default: break
        }
        return schemes
    }

    /// All of it as one text, the same for the same content and for no other.
    package func describe(into text: inout String) {
        func add(_ parts: String...) {
            for part in parts { text += "\(part.utf8.count):\(part)" }
        }
        func add(_ concept: CodedConcept?) {
            add(concept?.value ?? "", concept?.scheme ?? "", concept?.meaning ?? "")
        }
        add(relationship?.rawValue ?? "", value.type)
        add(name)
        switch value {
        case .container(let template): add(template ?? "")
        case .text(let content), .uid(let content): add(content)
        case .code(let code), .noNumber(let code): add(code)
        case .number(let number, let unit):
            add("\(number.bitPattern)")
            add(unit)
        case .image(let reference), .composite(let reference):
            add(reference.sopInstanceUID, "\(reference.frames)", reference.segment.map { "\($0)" } ?? "")
        }
        add("\(children.count)")
        for child in children { child.describe(into: &text) }
    }

    // MARK: Writing

    /// Fills one item of a sequence of attributes (Content Item Macro, PS3.3 10.2): name and value, no children.
    func putAsAttribute(into item: DICOMWriter.Item) throws {
        try item.append(.conceptNameCodeSequence) { try name?.put(into: $0) }
        switch value {
        case .code(let code):
            try item.put(.valueType, "CODE")
            try item.append(.conceptCodeSequence, code.put(into:))
        case .number(let number, let unit):
            try item.put(.valueType, "NUMERIC")
            try item.put(.numericValue, number)
            try item.append(.measurementUnitsCodeSequence, unit.put(into:))
        case .text(let text):
            try item.put(.valueType, "TEXT")
            try item.put(.textValue, text)
        case .container, .uid, .noNumber, .image, .composite:
            preconditionFailure("a \(value.type) qualifies no quantity")
        }
    }

    public func put(into item: DICOMWriter.Item) throws {
        if let relationship { try item.put(.relationshipType, relationship.rawValue) }
        try item.put(.valueType, value.type)
        if let name { try item.append(.conceptNameCodeSequence, name.put(into:)) }
        switch value {
        case .container(let template):
            try item.put(.continuityOfContent, "SEPARATE")
            if let template {
                try item.append(.contentTemplateSequence) {
                    try $0.put(.mappingResource, "DCMR")
                    try $0.put(.templateIdentifier, template)
                }
            }
        case .text(let text): try item.put(.textValue, text)
        case .code(let code): try item.append(.conceptCodeSequence, code.put(into:))
        case .uid(let uid): try item.put(.uid, uid)
        case .number(let number, let unit):
            try item.append(.measuredValueSequence) {
                // Text of 16 characters, and beside it the same double (PS3.3 table C.18.1-1).
                try $0.put(.numericValue, number)
                try $0.put(.floatingPointValue, number)
                try $0.append(.measurementUnitsCodeSequence, unit.put(into:))
            }
        case .noNumber(let reason):
            try item.putEmpty(.measuredValueSequence)
            try item.append(.numericValueQualifierCodeSequence, reason.put(into:))
        case .image(let reference), .composite(let reference):
            try item.append(.referencedSOPSequence) {
                try $0.put(.referencedSOPClassUID, reference.sopClassUID)
                try $0.put(.referencedSOPInstanceUID, reference.sopInstanceUID)
                if !reference.frames.isEmpty { try $0.put(.referencedFrameNumber, reference.frames.map(Double.init)) }
                if let segment = reference.segment { try $0.put(.referencedSegmentNumber, segment) }
            }
        }
        for child in children { try item.append(.contentSequence, child.put(into:)) }
    }
}

extension ContentItem.Value {
    /// Value Type (0040,A040)
    fileprivate var type: String {
        switch self {
        case .container: "CONTAINER"
        case .text: "TEXT"
        case .code: "CODE"
        case .uid: "UIDREF"
        case .number, .noNumber: "NUM"
        case .image: "IMAGE"
        case .composite: "COMPOSITE"
        }
    }
}
