# Observed over predicted variance of log K, from the rows that `lipdyn variance` prints (columns: η M η/M runs t Var, then ratio ± half-width).
set terminal svg size 760,330 font "Helvetica,12" background "white"
set output "Documentation/figures/variance.svg"
set multiplot layout 1,2
set xlabel "t"
set yrange [0:1.9]
set xrange [0:22]
set key top right reverse Left samplen 1 spacing 1.05
set grid ytics lc rgb "#dddddd"
set style line 1 lc rgb "#1b7837" pt 7 ps 0.7 lw 1.5
set style line 2 lc rgb "#b2182b" pt 5 ps 0.7 lw 1.5
set style line 3 lc rgb "#e08214" pt 9 ps 0.8 lw 1.5
do for [m in "64 1"] {
  set title sprintf("M = %s, η/M = %g", m, 0.05 / real(m))
  set ylabel m eq "64" ? "observed / predicted variance of log K" : ""
  rows = sprintf("< awk '$2 == %s' %s", m, DATA)
  plot 1 lc rgb "#888888" dt 2 notitle, \
    rows using 5:7:9 with yerrorbars ls 1 title "linear response", \
    rows using 5:10:12 with yerrorbars ls 2 title "Theorem 17, as printed", \
    rows using 5:13:15 with yerrorbars ls 3 title "Theorem 17, exact λ_Z²"
}
unset multiplot
