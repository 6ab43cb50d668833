// Counterexamples: found, confirmed in balls, made simple, and described.

internal import ExactArithmetic

extension Examiner {

  func anyCounterexample(to s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    counterexample(to: s, points, accepted) ?? hunted(s, points, accepted) ?? magnified(s, points, accepted)
  }

  /// Readable points first, then wide ones; the smallest sizes first.
  func counterexample(to s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    var candidates: [Place] = []
    for (choice, sizes) in points.sizeChoices.prefix(5).enumerated() {
      for attempt in 0..<8 {
        candidates.append(
          Place(
            sizes: sizes, seed: seed &+ UInt64(77_000 + 100 * choice + attempt), spread: attempt < 5 ? .small : .wide))
      }
    }
    candidates.sort { a, b in a.sizes.values.reduce(0, +) < b.sizes.values.reduce(0, +) }
    for place in candidates where isSuspect(s, points, place) && isRefuted(s, points, place) {
      return describe(shrunk(place, s, points), s, points)
    }
    for place in accepted where isRefuted(s, points, place, precisions: [96]) {
      return describe(shrunk(place, s, points), s, points)
    }
    return nil
  }

  /// Whether the sides are apart for certain at a place that satisfies the hypotheses.
  func isRefuted(_ s: Statement, _ points: Points, _ place: Place, precisions: [Int] = [96, 320]) -> Bool {
    guard (try? points.accepts(place)) == true else { return false }
    for precision in precisions {
      do {
        let evaluator = try points.evaluator(BallDomain(precision: precision), at: place)
        if s.relation == .equal {
          if !(try evaluator.compare(s)).overlap { return true }
        } else if let sign = try evaluator.sign(s) {
          return !s.relation.admits(sign)
        }
      } catch .undecided {
        continue
      } catch {
        return false
      }
    }
    return false
  }

  /// The same refutation with simpler entries, where single entries can be made 0 or 1.
  func shrunk(_ place: Place, _ s: Statement, _ points: Points) -> Place {
    var best = tidied(place, s, points)
    guard let evaluator = try? points.evaluator(RationalDomain(), at: place) else { return place }
    // What is large stays unread: its entries are not worth a trial each.
    var trials = 200
    for (key, entries) in freeEntries(of: s, evaluator, points) {
      for i in entries.indices {
        for simpler in [0, 1, 2] as [Rational] where entries[i] != simpler {
          trials -= 1
          guard trials >= 0 else { return best }
          var trial = best
          var changed = best.overrides[key] ?? entries
          changed[i] = simpler
          trial.overrides[key] = changed
          if isRefuted(s, points, trial) {
            best = trial
            break
          }
        }
      }
    }
    return best
  }

  func describe(_ place: Place, _ s: Statement, _ points: Points) -> Counterexample {
    // What was found is shown, even if the search spent all there was.
    let points = Points(points, budget: points.budget, of: WorkBudget(2 * points.budget))
    if let evaluator = try? points.evaluator(RationalDomain(), at: place), let left = try? evaluator.value(s.left),
      let right = try? evaluator.value(s.right)
    {
      let show: (Grid<Rational>) -> String = { $0.text(units: evaluator.units) { $0.description } }
      return Counterexample(
        sizes: place.sizes, values: evaluator.shownValues(show), left: show(left), right: show(right),
        partsAt: evaluator.parting(s.left, s.right, show), kind: .exact)
    }
    if let evaluator = try? points.evaluator(BallDomain(precision: 192), at: place),
      let left = try? evaluator.value(s.left), let right = try? evaluator.value(s.right)
    {
      let show: (Grid<Ball>) -> String = {
        $0.text(units: evaluator.units) { $0.exactValue?.description ?? $0.description(digits: 12) }
      }
      return Counterexample(
        sizes: place.sizes, values: evaluator.shownValues(show), left: show(left), right: show(right),
        partsAt: evaluator.parting(s.left, s.right, show), kind: .enclosed)
    }
    return Counterexample(sizes: place.sizes, values: [], left: "?", right: "?", partsAt: nil, kind: .enclosed)
  }
}
