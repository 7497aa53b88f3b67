import HTTP

/// `GET /dashboard` and the files that it loads: the same for everybody, signed in or not.
struct DashboardRoutes: Sendable {
  let context: RouteContext
  let files: DashboardFiles

  func page(_ request: Request, _ responder: Responder) {
    responder.send(response(files.page, to: request, isForGood: false))
  }

  func asset(_ request: Request, _ responder: Responder) {
    guard let file = request.parameters["file"].flatMap(files.asset) else {
      Reply(to: request, responder, errorMember: .code, context).fail(.notFound)
      return
    }
    // Who asks for the version of another server gets this one's, and looks again next time.
    let isForGood = request.queryValue("v").map { $0.utf8.elementsEqual(file.version.utf8) } ?? false
    responder.send(response(file, to: request, isForGood: isForGood))
  }

  private func response(_ file: DashboardFiles.File, to request: Request, isForGood: Bool) -> Response {
    let isKnown = request.headers.values(of: "if-none-match").contains { field in
      field.split(separator: ",").contains { $0.filter { $0 != " " }.utf8.elementsEqual(file.entityTag.utf8) }
    }
    if isKnown { return Response(status: 304, fixedHeaders: file.headersOfKnown) }
    var response = Response(status: 200, fixedHeaders: isForGood ? file.headersForGood : file.headers)
    response.sharedBody = file.body
    return response
  }
}

extension GatedRoutes {
  /// The dashboard's files and its way to sign in. They ask for no caller: a page loads before anybody has signed in.
  func addDashboard(to router: inout Router, clock: WallClock) {
    let routes = DashboardRoutes(context: context, files: DashboardFiles())
    router.add("GET", "/dashboard", handler: routes.page)
    router.add("GET", "/dashboard/files/{file}", handler: routes.asset)
    let sessions = SessionRoutes(context: context, clock: clock)
    router.add("POST", "/dashboard/session", handler: sessions.signIn)
    router.add("DELETE", "/dashboard/session", handler: sessions.signOut)
  }
}
