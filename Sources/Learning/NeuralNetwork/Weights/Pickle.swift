import Foundation

/// What a pickle describes. Nothing of it is executed: a call is a value that says what would be called.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case bytes(Data)
    /// A name to be imported, "module name".
    case global(String)
    /// Place in ``PickleObjects``.
    case object(Int)
    case mark
}

enum PickleObject {
    case list([PickleValue])
    /// Text keys only matter here; entries under others are dropped.
    case dictionary([String: PickleValue])
    case tuple([PickleValue])
    /// What `REDUCE` or `NEWOBJ` would call; its state is dropped.
    case call(String, [PickleValue])
    case persistent([PickleValue])
}

/// All objects of a pickle, which name each other by their place: so that no depth of nesting and no cycle in a hostile file
/// can use up the call stack.
struct PickleObjects {
    fileprivate(set) var objects: [PickleObject] = []
    fileprivate(set) var root = PickleValue.none

    func dictionary(_ value: PickleValue?) -> [String: PickleValue]? {
        if case .object(let place)? = value, case .dictionary(let entries) = objects[place] { entries } else { nil }
    }
    func tuple(_ value: PickleValue) -> [PickleValue]? {
        if case .object(let place) = value, case .tuple(let elements) = objects[place] { elements } else { nil }
    }
    func persistent(_ value: PickleValue) -> [PickleValue]? {
        if case .object(let place) = value, case .persistent(let elements) = objects[place] { elements } else { nil }
    }
    func call(_ value: PickleValue) -> (function: String, arguments: [PickleValue])? {
        if case .object(let place) = value, case .call(let name, let list) = objects[place] {
            (name, list)
        } else {
            nil
        }
    }
}

/// Reads protocols 2 to 5 as `torch.save` uses them. An instruction that is not listed stops it with an error; the globals
/// that PyTorch's tensors are rebuilt with are told apart by ``PyTorchCheckpoint``, any other is inert.
struct PickleMachine {
    private let code: Data
    private var at: Int
    private var stack: [PickleValue] = []
    private var memo: [Int: PickleValue] = [:]
    private var result = PickleObjects()

    static func read(_ code: Data) throws(PyTorchCheckpointError) -> PickleObjects {
        var machine = PickleMachine(code: code, at: code.startIndex)
        machine.result.root = try machine.run()
        return machine.result
    }

    private init(code: Data, at: Int) { (self.code, self.at) = (code, at) }

    private mutating func run() throws(PyTorchCheckpointError) -> PickleValue {
        while true {
            let place = at - code.startIndex
            let instruction = try byte()
            switch instruction {
            case 0x80: _ = try byte()  // PROTO
            case 0x95: _ = try take(8)  // FRAME
            case UInt8(ascii: "."): return try pop()
            case UInt8(ascii: "("): stack.append(.mark)
            case UInt8(ascii: "N"): stack.append(.none)
            case 0x88: stack.append(.bool(true))
            case 0x89: stack.append(.bool(false))
            case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
            case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2)))
            case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
            case 0x8a: stack.append(.integer(try long(Int(try byte()))))
            case UInt8(ascii: "G"):
                let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                stack.append(.number(Double(bitPattern: bits)))
            case UInt8(ascii: "X"): stack.append(.string(try text(try unsigned(4))))
            case 0x8c: stack.append(.string(try text(Int(try byte()))))
            case UInt8(ascii: "C"): stack.append(.bytes(try take(Int(try byte()))))
            case UInt8(ascii: "B"): stack.append(.bytes(try take(try unsigned(4))))
            case UInt8(ascii: "}"): push(.dictionary([:]))
            case UInt8(ascii: "]"): push(.list([]))
            case UInt8(ascii: ")"): push(.tuple([]))
            case UInt8(ascii: "t"): push(.tuple(try popToMark()))
            case 0x85, 0x86, 0x87: try tuple(Int(instruction) - 0x84)
            case UInt8(ascii: "a"):
                let element = try pop()
                try append([element])
            case UInt8(ascii: "e"): try append(try popToMark())
            case UInt8(ascii: "s"):
                let (value, key) = (try pop(), try pop())
                try set([key, value])
            case UInt8(ascii: "u"): try set(try popToMark())
            case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
            case UInt8(ascii: "r"): memo[try unsigned(4)] = try top()
            case 0x94: memo[memo.count] = try top()
            case UInt8(ascii: "h"): try recall(Int(try byte()))
            case UInt8(ascii: "j"): try recall(try unsigned(4))
            case UInt8(ascii: "c"): stack.append(.global("\(try line()) \(try line())"))
            case 0x93:
                guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                    throw .pickle("a global without a name", byte: place)
                }
                stack.append(.global("\(module) \(name)"))
            case UInt8(ascii: "R"), 0x81: try call(place)
            case UInt8(ascii: "b"): _ = try pop()  // BUILD: the state of an object that nobody looks at
            case UInt8(ascii: "Q"):
                guard let id = result.tuple(try pop()) else { throw .pickle("a storage that is no tuple", byte: place) }
                push(.persistent(id))
            case UInt8(ascii: "0"): _ = try pop()
            default: throw .instruction(instruction, byte: place)
            }
        }
    }

    private mutating func call(_ place: Int) throws(PyTorchCheckpointError) {
        guard let arguments = result.tuple(try pop()), case .global(let name) = try pop() else {
            throw .pickle("a call of something without a name", byte: place)
        }
        // The dictionary that PyTorch's state dictionaries are; its entries follow.
        push(name == "collections OrderedDict" && arguments.isEmpty ? .dictionary([:]) : .call(name, arguments))
    }

    private mutating func push(_ object: PickleObject) {
        stack.append(.object(result.objects.count))
        result.objects.append(object)
    }

    private mutating func tuple(_ count: Int) throws(PyTorchCheckpointError) {
        var elements: [PickleValue] = []
        for _ in 0..<count { elements.insert(try pop(), at: 0) }
        push(.tuple(elements))
    }

    private mutating func set(_ pairs: [PickleValue]) throws(PyTorchCheckpointError) {
        guard pairs.count % 2 == 0 else { throw .pickle("a key without a value", byte: at - code.startIndex) }
        guard case .object(let place) = try top() else {
            throw .pickle("entries for what is no dictionary", byte: at - code.startIndex)
        }
        switch result.objects[place] {
        case .dictionary(var entries):
            // Taken out meanwhile, so that the table is changed where it is and not copied.
            result.objects[place] = .tuple([])
            for index in stride(from: 0, to: pairs.count, by: 2) {
                if case .string(let key) = pairs[index] { entries[key] = pairs[index + 1] }
            }
            result.objects[place] = .dictionary(entries)
        case .call: return
        default: throw .pickle("entries for what is no dictionary", byte: at - code.startIndex)
        }
    }

    private mutating func append(_ elements: [PickleValue]) throws(PyTorchCheckpointError) {
        guard case .object(let place) = try top(), case .list(var list) = result.objects[place] else {
            throw .pickle("elements for what is no list", byte: at - code.startIndex)
        }
        result.objects[place] = .tuple([])
        list += elements
        result.objects[place] = .list(list)
    }

    private mutating func recall(_ key: Int) throws(PyTorchCheckpointError) {
        guard let value = memo[key] else { throw .pickle("memo \(key) is empty", byte: at - code.startIndex) }
        stack.append(value)
    }

    private func top() throws(PyTorchCheckpointError) -> PickleValue {
        guard let top = stack.last else { throw .pickle("the stack is empty", byte: at - code.startIndex) }
        return top
    }

    private mutating func pop() throws(PyTorchCheckpointError) -> PickleValue {
        guard let value = stack.popLast() else { throw .pickle("the stack is empty", byte: at - code.startIndex) }
        return value
    }

    private mutating func popToMark() throws(PyTorchCheckpointError) -> [PickleValue] {
        let mark = stack.lastIndex { if case .mark = $0 { true } else { false } }
        guard let mark else { throw .pickle("no mark on the stack", byte: at - code.startIndex) }
        let elements = Array(stack[(mark + 1)...])
        stack.removeSubrange(mark...)
        return elements
    }

    // MARK: bytes

    private mutating func take(_ count: Int) throws(PyTorchCheckpointError) -> Data {
        guard count <= code.endIndex - at else { throw .pickle("it is cut off", byte: at - code.startIndex) }
        defer { at += count }
        return code[at..<at + count]
    }

    private mutating func byte() throws(PyTorchCheckpointError) -> UInt8 { try take(1).first ?? 0 }

    private mutating func unsigned(_ count: Int) throws(PyTorchCheckpointError) -> Int {
        try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Two's complement of up to 8 bytes.
    private mutating func long(_ count: Int) throws(PyTorchCheckpointError) -> Int {
        guard count <= 8 else { throw .pickle("a whole number of \(count) bytes", byte: at - code.startIndex) }
        let bytes = try take(count)
        let fill: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
        return Int(truncatingIfNeeded: bytes.reversed().reduce(fill) { $0 << 8 | UInt64($1) })
    }

    private mutating func text(_ count: Int) throws(PyTorchCheckpointError) -> String {
        String(decoding: try take(count), as: UTF8.self)
    }

    private mutating func line() throws(PyTorchCheckpointError) -> String {
        guard let end = code[at...].firstIndex(of: 10) else {
            throw .pickle("a name without an end", byte: at - code.startIndex)
        }
        defer { at = end + 1 }
        return String(decoding: code[at..<end], as: UTF8.self)
    }
}
