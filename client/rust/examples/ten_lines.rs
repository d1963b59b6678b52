//! The ten lines of the README, as they stand there.
use ashad_client::{Params, Result};

fn train_one_epoch(params: &Params) -> Result<f64> {
    Ok((params.float("learning_rate")? - 0.01).abs()) // the validation error of your model
}

#[tokio::main]
async fn main() -> Result<()> {
    let client = ashad_client::connect()?; // ASHAD_ADDRESS or 127.0.0.1:2742
    // Until the study is finished.
    let searched = client.run("digits", async |trial| {
        // Until the trial is told to stop.
        for epoch in trial.steps() {
            trial.report(epoch, train_one_epoch(trial.params())?).await?;
        }
        Result::Ok(())
    });
    let result = searched.await;
    client.close().await; // sends what waits
    result
}
