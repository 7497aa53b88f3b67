import Metrics
import Testing

@Suite("Prometheus' text format")
struct MetricsTextTests {
  @Test("a metric has its help, its type and its samples, with labels in the order given")
  func samples() {
    var text = MetricsText()
    text.begin("a_total", .counter, "How many.")
    text.sample("a_total", [("x", "1"), ("y", "2")], 3)
    text.metric("b", .gauge, "How much.", 0.25)
    #expect(
      text.text == """
        # HELP a_total How many.
        # TYPE a_total counter
        a_total{x="1",y="2"} 3
        # HELP b How much.
        # TYPE b gauge
        b 0.25

        """)
  }

  @Test("what would end a label's value is escaped")
  func escaping() {
    var text = MetricsText()
    text.sample("a", [("x", "\"\\\n}é")], 1)
    #expect(text.text == "a{x=\"\\\"\\\\\\n}é\"} 1\n")
  }

  @Test("a histogram counts up to each bound, the bound included, and everything at the end")
  func histogram() {
    var histogram = Histogram(bounds: [0.5, 1])
    for value in [0.25, 0.5, 0.75, 1, 8] { histogram.observe(value) }
    var text = MetricsText()
    text.samples("h", [("r", "a")], histogram)
    #expect(
      text.text == """
        h_bucket{r="a",le="0.5"} 2
        h_bucket{r="a",le="1"} 4
        h_bucket{r="a",le="+Inf"} 5
        h_sum{r="a"} 10.5
        h_count{r="a"} 5

        """)
  }
}
