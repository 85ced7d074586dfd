/// Workspaces of a network (the memory of its activations), used again and again: a forward leases one, and the value that it
/// returns gives it back when that is gone. So a forward never overwrites what another one is still needed for, and a loop that
/// drops one pass before it begins the next allocates nothing. Not to be used by two threads at once.
package final class WorkspacePool<Workspace> {
    private var free: [Workspace]
    private let make: () -> Workspace

    /// Makes the first workspace at once, and others when one is asked for while all are leased.
    package init(_ make: @escaping () -> Workspace) {
        (self.make, free) = (make, [make()])
    }

    package func lease() -> WorkspaceLease<Workspace> {
        WorkspaceLease(free.popLast() ?? make(), of: self)
    }

    fileprivate func giveBack(_ workspace: Workspace) { free.append(workspace) }
}

/// A workspace that nobody else uses until this value is gone.
package struct WorkspaceLease<Workspace>: ~Copyable {
    package let workspace: Workspace
    private let pool: WorkspacePool<Workspace>

    fileprivate init(_ workspace: Workspace, of pool: WorkspacePool<Workspace>) {
        (self.workspace, self.pool) = (workspace, pool)
    }

    deinit { pool.giveBack(workspace) }
}
