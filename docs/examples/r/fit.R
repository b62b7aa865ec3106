# A script of R with options of its own. It knows nothing of gainsweep.
options <- commandArgs(trailingOnly = TRUE)
value <- function(name) sub(paste0("^--", name, "="), "", grep(paste0("^--", name, "="), options, value = TRUE))
noise <- as.numeric(value("noise"))
set.seed(as.integer(value("seed")))

x <- seq(0, 1, length.out = 50)
y <- 2 * x + rnorm(50, sd = noise)
fit <- lm(y ~ x)
result <- data.frame(slope = coef(fit)[["x"]], r_squared = summary(fit)$r.squared)
write.csv(result, file.path(value("out"), "fit.csv"), row.names = FALSE)
