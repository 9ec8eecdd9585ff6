// Todos: a collection in JSON, whose members are made, read, changed and removed. Handlers share an actor;
// `await` makes them asynchronous, and after each call to it they are back on their request's core.

public import Apus

/// One thing to do.
public struct Todo: Codable, Sendable, Equatable {
  /// Given by the store.
  public var id: Int
  /// The thing to do.
  public var title: String
  /// Whether it is done.
  public var isDone: Bool
}

/// A client's changes of a todo; nil leaves a property as it is.
struct TodoChange: Decodable {
  var title: String?
  var isDone: Bool?
}

actor TodoStore {
  private var todos: [Int: Todo] = [:]
  private var next = 1

  var all: [Todo] { todos.values.sorted { $0.id < $1.id } }

  func add(_ title: String) -> Todo {
    let todo = Todo(id: next, title: title, isDone: false)
    next += 1
    todos[todo.id] = todo
    return todo
  }

  func find(_ id: Int) throws -> Todo {
    guard let todo = todos[id] else { throw HTTPError(.notFound, "there is no todo \(id)") }
    return todo
  }

  func change(_ id: Int, _ change: TodoChange) throws -> Todo {
    var todo = try find(id)
    todo.title = change.title ?? todo.title
    todo.isDone = change.isDone ?? todo.isDone
    todos[id] = todo
    return todo
  }

  func remove(_ id: Int) throws {
    _ = try find(id)
    todos[id] = nil
  }
}

/// The collection under `/todos`.
public func todos() -> Router {
  let store = TodoStore()
  var router = Router()
  router.add(.requestID())
  router.group("/todos") { todos in
    todos.collectBytes = 64 << 10
    todos.get("") { _ in try .json(await store.all) }
    todos.post("") { request in
      let change = try request.decode(TodoChange.self)
      guard let title = change.title, !title.isEmpty else {
        throw HTTPError(.badRequest, "a todo has a title")
      }
      let todo = await store.add(title)
      return try .json(todo, status: .created).adding(ResponseField("Location", "/todos/\(todo.id)"))
    }
    todos.get("/{id}") { request in
      let id = try request.parameter("id", as: Int.self)
      return try .json(await store.find(id))
    }
    todos.patch("/{id}") { request in
      let id = try request.parameter("id", as: Int.self)
      let change = try request.decode(TodoChange.self)
      return try .json(await store.change(id, change))
    }
    todos.delete("/{id}") { request in
      let id = try request.parameter("id", as: Int.self)
      try await store.remove(id)
      return .empty()
    }
  }
  return router
}
