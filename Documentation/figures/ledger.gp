# Z = Σ log σ₁ of a digits network during SGD, observed and predicted. Made by Documentation/figures/make.sh.
set datafile separator comma
set datafile columnheaders
set terminal svg size 860,470 font "Helvetica,14" background "white"
set output "Documentation/figures/ledger.svg"
set multiplot layout 1,2
set grid lc rgb "#dddddd"
set border 3
set tics nomirror
set key right bottom reverse Left samplen 2 spacing 1.2
set xlabel "time t = η · step"
set title "log of the product of operator norms" font ",14"
set ylabel "Z" offset 1
plot LEDGER using "time":(column("Z_predicted")-2*column("Z_predicted_sd")):(column("Z_predicted")+2*column("Z_predicted_sd")) \
       with filledcurves fc rgb "#c6dbef" title "predicted ± 2 sd", \
     '' using "time":"Z_predicted" with lines lw 2 lc rgb "#2171b5" title "predicted", \
     '' using "time":"Z_observed" with lines lw 2 lc rgb "#d94801" title "observed"
set title "what drives it" font ",14"
set ylabel "per unit of time" offset 1
set logscale y
set format y "10^{%L}"
set yrange [1e-6:1]
set key right top
plot LEDGER using "time":(abs(column("mu_Z"))) with lines lw 1.5 lc rgb "#238b45" title "|μ|  gradient flow", \
     '' using "time":"kappa_Z" with lines lw 1.5 lc rgb "#6a51a3" title "κ  noise curvature", \
     '' using "time":"lambda2_Z_exact" with lines lw 1.5 lc rgb "#969696" title "λ²  diffusion", \
     '' using "time":(abs(column("discrete_step_Z"))) with lines lw 1.5 lc rgb "#cb181d" title "|discrete step|"
unset multiplot
